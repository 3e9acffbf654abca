import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Rounds } from './rounds.ts';

/** Within which a node must know what its Redis stores, and that it is deaf. */
const [STORAGE_LIMIT_MS, DEAF_LIMIT_MS] = [5000, 6000];
/** Of a command by default, of an echo, and of the end of a connection. */
const [COMMAND_MS, ECHO_MS, END_MS] = [1500, 2000, 500];
/** A connection on which nothing comes for so long is asked whether it is alive. */
const PING_MS = 3000;
const LAST_MS = 60_000;

describe('Rounds', () => {
  let asked: { readonly what: 'look' | 'listen'; readonly at: number }[];
  let rounds: Rounds;
  const note = (what: 'look' | 'listen') => (): void => void asked.push({ what, at: performance.now() });
  const timesOf = (what: 'look' | 'listen'): readonly number[] =>
    asked.filter((one) => one.what === what).map(({ at }) => at);
  const longestGap = (times: readonly number[]): number =>
    Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? -Infinity)));

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    rounds = new Rounds({ look: note('look'), listen: note('listen') });
    rounds.start();
  });
  afterEach(() => {
    rounds.stop();
    vi.useRealTimers();
  });

  it('looks twice, and has the answer, within the time in which a node must know what its Redis stores', () => {
    vi.advanceTimersByTime(LAST_MS);
    expect(2 * longestGap(timesOf('look')) + COMMAND_MS).toBeLessThan(STORAGE_LIMIT_MS);
  });

  it('listens so often that who is deaf knows it in time, and that nobody who hears is pinged besides', () => {
    vi.advanceTimersByTime(LAST_MS);
    const gap = longestGap(timesOf('listen'));
    expect(gap + ECHO_MS + END_MS).toBeLessThan(DEAF_LIMIT_MS);
    expect(gap).toBeLessThan(PING_MS);
  });

  it('never listens alone: what is asked at once leaves in one write', () => {
    vi.advanceTimersByTime(LAST_MS);
    expect(timesOf('listen').length).toBeGreaterThan(LAST_MS / PING_MS);
    expect(timesOf('look')).toEqual(expect.arrayContaining([...timesOf('listen')]));
  });

  it('goes on once, however often it is started, and asks nothing more once it is stopped', () => {
    rounds.start();
    expect(vi.getTimerCount()).toBe(1);
    rounds.stop();
    vi.advanceTimersByTime(LAST_MS);
    expect(asked).toEqual([]);
  });
});
