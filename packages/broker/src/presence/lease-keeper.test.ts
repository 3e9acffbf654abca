import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutcryError } from '../outcry-error.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { NodeLease, PresenceTable, TendRequest } from './table.ts';

const TIMES = { leaseMs: 6000, renewMs: 2000 };

/** A store that answers at once, and as it is told to. */
class FakeTable implements Pick<PresenceTable, 'readRun' | 'begin' | 'raiseFence' | 'tend'> {
  run = 'run-1';
  isHeld = true;
  isFenceRaised = true;
  isAway = false;
  expired: string[] = [];
  readonly begun: NodeLease[] = [];
  readonly fences: number[] = [];
  readonly tended: TendRequest[] = [];

  readRun(): Promise<string> {
    return this.#answer(this.run);
  }

  begin(lease: NodeLease): Promise<void> {
    if (!this.isAway) {
      this.begun.push(lease);
      this.isHeld = true;
    }
    return this.#answer(undefined);
  }

  raiseFence({ fence }: NodeLease): Promise<boolean> {
    this.fences.push(fence);
    return this.#answer(this.isFenceRaised);
  }

  tend(request: TendRequest): Promise<{ isHeld: boolean; expired: string[] }> {
    this.tended.push(request);
    return this.#answer({ isHeld: this.isHeld, expired: request.maxGapMs > 0 ? this.expired : [] });
  }

  #answer<T>(value: T): Promise<T> {
    return this.isAway ? Promise.reject(new OutcryError('unavailable', 'away')) : Promise.resolve(value);
  }
}

describe('LeaseKeeper', () => {
  let table: FakeTable;
  let keeper: LeaseKeeper;
  let calls: string[];

  beforeEach(async () => {
    vi.useFakeTimers();
    table = new FakeTable();
    calls = [];
    keeper = new LeaseKeeper(
      { table: table as unknown as PresenceTable, times: TIMES },
      {
        handleTaken: (isFirst) => calls.push(isFirst ? 'first' : 'another'),
        handleHeld: () => undefined,
        handleExpired: (ids) => calls.push(`expired ${ids.join()}`),
        handleFault: () => calls.push('fault'),
      },
    );
    await keeper.start();
  });
  afterEach(() => {
    keeper.close();
    vi.useRealTimers();
  });

  const wants = (): boolean[] => table.tended.map(({ maxGapMs }) => maxGapMs > 0);

  it('renews its lease at intervals, and takes no other', async () => {
    await vi.advanceTimersByTimeAsync(20_000);
    expect(table.tended).toHaveLength(10);
    expect(new Set(table.tended.map(({ id }) => id))).toEqual(new Set([table.begun[0]?.id]));
    expect(calls).toEqual(['first']);
  });

  it('looks for expired leases once its own has been in force for as long as a lease lasts', async () => {
    table.expired = ['lost'];
    await vi.advanceTimersByTimeAsync(8000);
    expect(wants()).toEqual([false, false, true, true]);
    expect(calls).toEqual(['first', 'expired lost', 'expired lost']);
  });

  it('leaves expired leases alone for as long again when the store was away: their nodes must come back first', async () => {
    await vi.advanceTimersByTimeAsync(6000);
    table.isAway = true;
    await vi.advanceTimersByTimeAsync(20_000);
    table.isAway = false;
    table.tended.length = 0;
    await vi.advanceTimersByTimeAsync(8000);
    expect(wants()).toEqual([false, false, false, true]);
  });

  it('takes another lease where its own is not known any more', async () => {
    const [first] = table.begun;
    table.isHeld = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(calls).toEqual(['first', 'another']);
    expect(keeper.current?.id).not.toBe(first?.id);
    expect(keeper.current).toBe(table.begun[1]);
  });

  it('takes another lease at once where a write was refused under the current one', async () => {
    const lease = keeper.current;
    if (lease === undefined) throw new Error('no lease');
    table.isHeld = false;
    keeper.drop(lease);
    keeper.drop(lease);
    await vi.advanceTimersByTimeAsync(0);
    expect(table.begun).toHaveLength(2);
    keeper.drop(lease);
    await vi.advanceTimersByTimeAsync(0);
    expect(table.begun).toHaveLength(2);
  });

  it('lets nothing be written after a loss of the connection until the lease has a higher fence', async () => {
    keeper.doubt();
    expect(keeper.current).toBeUndefined();
    keeper.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(keeper.current).toEqual({ id: table.begun[0]?.id, fence: 2 });
    expect(calls).toEqual(['first']);
  });

  it('raises the fence further where raising it failed halfway', async () => {
    keeper.doubt();
    vi.spyOn(table, 'tend').mockRejectedValueOnce(new OutcryError('unavailable', 'away'));
    keeper.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(keeper.current).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2000);
    expect(table.fences).toEqual([2, 3]);
    expect(keeper.current?.fence).toBe(3);
  });

  it('is in doubt again where the connection is lost once more meanwhile', async () => {
    keeper.doubt();
    keeper.hurry();
    keeper.doubt();
    await vi.advanceTimersByTimeAsync(0);
    expect(keeper.current).toBeUndefined();
    keeper.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(keeper.current?.fence).toBe(3);
  });

  it.each([
    ['the store has been started anew', { run: 'run-2' }],
    ['the fence is gone', { isFenceRaised: false }],
  ])('takes another lease after a loss of the connection where %s', async (_, change) => {
    Object.assign(table, change);
    keeper.doubt();
    keeper.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(calls).toEqual(['first', 'another']);
    expect(keeper.current).toBe(table.begun[1]);
  });

  it('does not run where the first lease cannot be taken', async () => {
    keeper.close();
    table.isAway = true;
    const other = new LeaseKeeper(
      { table: table as unknown as PresenceTable, times: TIMES },
      {
        handleTaken: () => calls.push('taken'),
        handleHeld: () => undefined,
        handleExpired: () => undefined,
        handleFault: () => undefined,
      },
    );
    await expect(other.start()).rejects.toMatchObject({ code: 'unavailable' });
    expect(vi.getTimerCount()).toBe(0);
  });
});
