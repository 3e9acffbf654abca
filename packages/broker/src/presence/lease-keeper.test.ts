import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutcryError, UnwritableError } from '../outcry-error.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { NodeLease, PresenceTable, Tended, TendRequest } from './table.ts';

const HOUR_MS = 3_600_000;
const TIMES = { leaseMs: 6000, renewMs: 2000 };

/** A store that answers as it is told to, at once where nothing else is said. */
class FakeTable implements Pick<PresenceTable, 'readRun' | 'begin' | 'raiseFence' | 'tend' | 'giveUp' | 'keep'> {
  run = 'run-1';
  isHeld = true;
  isFenceRaised = true;
  isAway = false;
  /** What every call rejects with while it is away. */
  fault: Error = new OutcryError('unavailable', 'away');
  answerMs = 0;
  expired: string[] = [];
  evictions = 0;
  isKept = true;
  readonly kept: NodeLease[] = [];
  readonly givenUp: (readonly [id: string, afterMs: number])[] = [];
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

  giveUp(id: string, afterMs: number): Promise<void> {
    if (!this.isAway) this.givenUp.push([id, afterMs]);
    return this.#answer(undefined);
  }

  keep(lease: NodeLease): Promise<boolean> {
    this.kept.push(lease);
    return this.#answer(this.isKept);
  }

  tend(request: TendRequest): Promise<Tended> {
    this.tended.push(request);
    const { isHeld, evictions } = this;
    const told = request.asksForEvictions === true ? { evictions } : {};
    return this.#answer({ isHeld, ...told, expired: request.maxGapMs > 0 ? this.expired : [] });
  }

  async #answer<T>(value: T): Promise<T> {
    if (this.isAway) throw this.fault;
    if (this.answerMs > 0) await new Promise((resolve) => setTimeout(resolve, this.answerMs));
    return value;
  }
}

describe('LeaseKeeper', () => {
  let table: FakeTable;
  let keeper: LeaseKeeper;
  let calls: string[];
  let timesHeld: number;

  function createKeeper(): LeaseKeeper {
    return new LeaseKeeper(
      { table: table as unknown as PresenceTable, times: TIMES },
      {
        handleTaken: (isFirst) => calls.push(isFirst ? 'first' : 'another'),
        handleHeld: () => {
          timesHeld += 1;
        },
        handleExpired: (ids) => calls.push(`expired ${ids.join()}`),
        handleReview: () => calls.push('review'),
        handleFault: () => calls.push('fault'),
      },
    );
  }

  beforeEach(async () => {
    vi.useFakeTimers();
    table = new FakeTable();
    calls = [];
    timesHeld = 0;
    keeper = createKeeper();
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
    expect(table.fences).toEqual([]);
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

  it('takes another lease where the store has more under the current one than it was told, though it holds it', async () => {
    const lease = keeper.current;
    if (lease === undefined) throw new Error('no lease');
    keeper.drop(lease);
    expect(keeper.current).toBeUndefined();
    await vi.advanceTimersByTimeAsync(0);
    expect(keeper.current).toBe(table.begun[1]);
    expect(table.givenUp).toEqual([[lease.id, TIMES.leaseMs]]);
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
    expect(table.givenUp).toEqual([[table.begun[0]?.id, TIMES.leaseMs]]);
  });

  it('gives up what it had when it takes another, so that the others clear it away, until that has worked', async () => {
    const [first] = table.begun;
    table.isHeld = false;
    vi.spyOn(table, 'giveUp').mockRejectedValueOnce(new OutcryError('unavailable', 'away'));
    await vi.advanceTimersByTimeAsync(2000);
    expect(table.givenUp).toEqual([]);
    await vi.advanceTimersByTimeAsync(4000);
    expect(table.givenUp).toEqual([[first?.id, TIMES.leaseMs]]);
    expect(keeper.current).toBe(table.begun[1]);
  });

  it('has all looked at when the store has forgotten something, once in the time of a lease', async () => {
    await vi.advanceTimersByTimeAsync(10_000);
    table.evictions = 1;
    await vi.advanceTimersByTimeAsync(TIMES.leaseMs);
    expect(calls).toEqual(['first', 'review']);
    for (let i = 2; i <= 7; i += 1) {
      table.evictions = i;
      await vi.advanceTimersByTimeAsync(2000);
    }
    expect(calls).toEqual(['first', 'review', 'review', 'review']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toEqual(['first', 'review', 'review', 'review', 'review']);
  });

  it('asks what the store has forgotten once in the time of a lease, for that costs it as much as the renewal', async () => {
    for (let lasts = 0; lasts < 60_000; lasts += TIMES.leaseMs) {
      table.tended.length = 0;
      await vi.advanceTimersByTimeAsync(TIMES.leaseMs);
      expect(table.tended.map(({ asksForEvictions }) => asksForEvictions)).toEqual([true, false, false]);
    }
  });

  it('has all looked at no sooner than that, whatever gives reason to look', async () => {
    await vi.advanceTimersByTimeAsync(10_000);
    table.evictions = 1;
    await vi.advanceTimersByTimeAsync(4000);
    expect(calls).toEqual(['first', 'review']);
    table.evictions = 2;
    await vi.advanceTimersByTimeAsync(TIMES.leaseMs - 500);
    keeper.hurry();
    await vi.advanceTimersByTimeAsync(499);
    expect(calls).toEqual(['first', 'review']);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toEqual(['first', 'review', 'review']);
  });

  it('has all looked at after a fault, too, if that came in the way', async () => {
    await vi.advanceTimersByTimeAsync(10_000);
    table.isAway = true;
    table.evictions = 1;
    await vi.advanceTimersByTimeAsync(2000);
    table.isAway = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(calls).toEqual(['first', 'fault', 'review']);
  });

  it('keeps what it has from expiring, and takes another lease where some of it has', async () => {
    const [first] = table.begun;
    await vi.advanceTimersByTimeAsync(5 * HOUR_MS);
    expect(table.kept).toEqual([]);
    for (let hours = 6; hours <= 24; hours += 6) await vi.advanceTimersByTimeAsync(6 * HOUR_MS);
    expect(table.kept.map(({ id }) => id)).toEqual(Array.from({ length: 4 }, () => first?.id));
    expect(calls).toEqual(['first', 'review', 'review', 'review', 'review']);
    table.isKept = false;
    await vi.advanceTimersByTimeAsync(6 * HOUR_MS);
    expect(calls.at(-1)).toBe('another');
    expect(table.givenUp.map(([id]) => id)).toEqual([first?.id]);
  });

  it('says each time that its lease has been found in force, so that what rests goes on', async () => {
    expect(timesHeld).toBe(1);
    await vi.advanceTimersByTimeAsync(4000);
    expect(timesHeld).toBe(3);
    table.isAway = true;
    await vi.advanceTimersByTimeAsync(4000);
    expect(timesHeld).toBe(3);
  });

  it('asks for no more than it can tell of: leases of others for as long as it looks again, and only where it was in time', async () => {
    await vi.advanceTimersByTimeAsync(8000);
    const { leaseMs, renewMs } = TIMES;
    const own = { id: table.begun[0]?.id, leaseMs, claimMs: 2 * renewMs };
    expect(table.tended.at(0)).toMatchObject({ ...own, maxGapMs: 0 });
    expect(table.tended.at(-1)).toMatchObject({ ...own, maxGapMs: 1.5 * renewMs });
  });

  it('leaves expired leases alone for as long again where it has lost its connection', async () => {
    await vi.advanceTimersByTimeAsync(7000);
    table.tended.length = 0;
    keeper.doubt();
    await vi.advanceTimersByTimeAsync(7000);
    expect(wants()).toEqual([false, false, false, true]);
  });

  it('leaves expired leases alone for as long again where an answer took longer than a lease lasts', async () => {
    await vi.advanceTimersByTimeAsync(6000);
    table.tended.length = 0;
    table.answerMs = TIMES.leaseMs + 1;
    await vi.advanceTimersByTimeAsync(2000);
    table.answerMs = 0;
    await vi.advanceTimersByTimeAsync(14_000);
    // The one that was held up, and those behind it.
    expect(wants()).toEqual([true, false, false, false, false, true]);
  });

  it('looks once more where there is reason to while it looks, and not side by side', async () => {
    table.answerMs = 100;
    for (let i = 0; i < 5; i += 1) keeper.hurry();
    expect(table.tended).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(table.tended).toHaveLength(2);
  });

  it('keeps its lease where what was refused was written under an earlier fence', async () => {
    const lease = keeper.current;
    if (lease === undefined) throw new Error('no lease');
    keeper.doubt();
    keeper.hurry();
    await vi.advanceTimersByTimeAsync(0);
    keeper.drop(lease);
    expect(keeper.current).toEqual({ id: lease.id, fence: 2 });
  });

  it('gives back its lease when it closes, and has none and does nothing then', async () => {
    const lease = keeper.current;
    expect(lease).toBeDefined();
    expect(keeper.close()).toBe(lease);
    expect(keeper.current).toBeUndefined();
    expect(keeper.close()).toBeUndefined();
    keeper.hurry();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(table.tended).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['has lost its lease', { isHeld: false }],
    ['may have lost what was written', { evictions: 1 }],
  ])('says nothing and looks no more when it has been closed while it finds that the store %s', async (_, change) => {
    await vi.advanceTimersByTimeAsync(TIMES.leaseMs + TIMES.renewMs - 1);
    Object.assign(table, change, { answerMs: 100 });
    keeper.hurry();
    keeper.hurry();
    const looks = table.tended.length;
    const before = timesHeld;
    keeper.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toEqual(['first']);
    expect(timesHeld).toBe(before);
    expect(table.tended).toHaveLength(looks);
  });

  it('does not take it for a fault that it has been closed', async () => {
    table.fault = new OutcryError('closed', 'closed');
    table.isAway = true;
    await vi.advanceTimersByTimeAsync(2000);
    expect(calls).toEqual(['first']);
  });

  describe('before it has been started', () => {
    beforeEach(() => {
      keeper.close();
      calls.length = 0;
      timesHeld = 0;
      table = new FakeTable();
      keeper = createKeeper();
    });

    it('has no lease, and looks for none', async () => {
      keeper.hurry();
      await vi.advanceTimersByTimeAsync(10_000);
      expect(keeper.current).toBeUndefined();
      expect(table.begun).toEqual([]);
    });

    it('does not run where the first lease cannot be taken', async () => {
      table.isAway = true;
      await expect(keeper.start()).rejects.toMatchObject({ code: 'unavailable' });
      expect(vi.getTimerCount()).toBe(0);
    });

    it('runs without a lease where the store takes no writes, and takes its first when it does', async () => {
      table.fault = new UnwritableError('full', 'Redis is full');
      table.isAway = true;
      await keeper.start();
      expect(calls).toEqual(['fault']);
      expect(keeper.current).toBeUndefined();
      expect(timesHeld).toBe(0);
      table.isAway = false;
      await vi.advanceTimersByTimeAsync(2000);
      expect(calls).toEqual(['fault', 'first']);
      expect(keeper.current).toBe(table.begun[0]);
    });

    it('does not run where it is closed while it takes the first', async () => {
      table.answerMs = 100;
      const starting = expect(keeper.start()).rejects.toMatchObject({ code: 'closed' });
      keeper.close();
      await vi.advanceTimersByTimeAsync(1000);
      await starting;
      expect(calls).toEqual([]);
      expect(timesHeld).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});
