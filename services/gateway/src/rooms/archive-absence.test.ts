import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { GatewayMetrics } from '../observability/metrics.ts';
import { ArchiveAbsence } from './archive-absence.ts';

/** As in archive-absence.ts. */
const MAX_ABSENCE_MS = 8000;
const PROBE_MS = 500;
const MAX_WAITING = 10_000;
const MINUTE_MS = 60_000;

const isWanted = (): boolean => true;

describe('an archive that is away', () => {
  let metrics: GatewayMetrics;
  let absence: ArchiveAbsence;
  let told: string[];

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    metrics = new GatewayMetrics();
    absence = new ArchiveAbsence({ metrics: metrics.archive });
    told = [];
    // Long after the process has begun.
    vi.advanceTimersByTime(10 * MINUTE_MS);
    absence.noteAnswer();
    absence.noteFailure();
  });
  afterEach(() => {
    absence.close();
    vi.useRealTimers();
  });

  function wait(name: string, { since = performance.now(), wanted = isWanted } = {}): void {
    void absence.wait(since, wanted).then((isWorthwhile) => told.push(`${name} ${isWorthwhile ? 'again' : 'over'}`));
  }

  async function outcomes(): Promise<Record<string, number>> {
    const { values } = await metrics.archive.waits.get();
    const happened = values.filter(({ value }) => value > 0);
    return Object.fromEntries(happened.map(({ labels, value }) => [String(labels['outcome']), value]));
  }

  it('is tried again by one of those who wait, in turn, and by all when it has answered anybody', async () => {
    for (const name of ['a', 'b', 'c']) wait(name);
    await vi.advanceTimersByTimeAsync(PROBE_MS);
    expect(told).toEqual(['a again']);
    wait('a');
    await vi.advanceTimersByTimeAsync(PROBE_MS);
    expect(told).toEqual(['a again', 'b again']);
    absence.noteAnswer();
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['a again', 'b again', 'c again', 'a again']);
    expect([absence.size, vi.getTimerCount()]).toEqual([0, 1]);
    await vi.advanceTimersByTimeAsync(PROBE_MS);
    expect([await outcomes(), vi.getTimerCount()]).toEqual([{ again: 4 }, 0]);
  });

  it('is waited for no longer than a moment, however often it is tried', async () => {
    const since = performance.now();
    let tries = 0;
    const isOver = (async (): Promise<void> => {
      while (await absence.wait(since, isWanted)) {
        tries += 1;
        absence.noteFailure();
      }
    })();
    await vi.advanceTimersByTimeAsync(MAX_ABSENCE_MS);
    await isOver;
    expect(performance.now() - since).toBe(MAX_ABSENCE_MS);
    expect(tries).toBe(MAX_ABSENCE_MS / PROBE_MS - 1);
    expect(await outcomes()).toEqual({ again: tries, late: 1 });
  });

  it('is waited for by nobody who comes when it has been away for that long, until it has answered', async () => {
    await vi.advanceTimersByTimeAsync(MAX_ABSENCE_MS);
    absence.noteFailure();
    wait('a');
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['a over']);
    absence.noteAnswer();
    absence.noteFailure();
    wait('b');
    await vi.advanceTimersByTimeAsync(PROBE_MS);
    expect(told).toEqual(['a over', 'b again']);
  });

  it('is another absence where nobody has asked for a minute', async () => {
    await vi.advanceTimersByTimeAsync(MINUTE_MS + 1);
    absence.noteFailure();
    wait('a');
    await vi.advanceTimersByTimeAsync(PROBE_MS);
    expect(told).toEqual(['a again']);
  });

  it('is the same absence still where nobody has asked for exactly a minute', async () => {
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    absence.noteFailure();
    wait('a');
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['a over']);
  });

  it('is not waited for where it has never answered a gateway that has just started', async () => {
    absence.close();
    absence = new ArchiveAbsence({ metrics: metrics.archive });
    absence.noteFailure();
    wait('a');
    await vi.advanceTimersByTimeAsync(MINUTE_MS + 1);
    absence.noteFailure();
    wait('b');
    await vi.advanceTimersByTimeAsync(PROBE_MS);
    expect(told).toEqual(['a over', 'b again']);
  });

  it('is not waited for where its answers to others are of no use to who asks', async () => {
    const since = performance.now();
    await vi.advanceTimersByTimeAsync(MAX_ABSENCE_MS);
    absence.noteAnswer();
    wait('a', { since });
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['a over']);
  });

  it('is tried for nobody who has gone meanwhile', async () => {
    let isThere = true;
    wait('a', { wanted: () => isThere });
    wait('b');
    isThere = false;
    await vi.advanceTimersByTimeAsync(PROBE_MS);
    expect([told, await outcomes()]).toEqual([['a over', 'b again'], { gone: 1, again: 1 }]);
  });

  it('is waited for by so many, and by no more', async () => {
    for (let i = 0; i < MAX_WAITING; i += 1) wait('one');
    wait('more');
    await vi.advanceTimersByTimeAsync(0);
    expect([told, absence.size]).toEqual([['more over'], MAX_WAITING]);
    expect(await outcomes()).toEqual({ refused: 1 });
  });

  it('lets go of all at the end', async () => {
    wait('a');
    absence.close();
    expect([absence.size, vi.getTimerCount()]).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['a over']);
  });
});
