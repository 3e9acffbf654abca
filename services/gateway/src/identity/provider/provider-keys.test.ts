import { createLogger } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { LoadedKeySet } from './load-key-set.ts';
import { ProviderError } from './provider-error.ts';
import { ProviderKeys } from './provider-keys.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const TOLERANCE_MS = 3 * SECOND;

describe('ProviderKeys', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    keys.close();
    vi.useRealTimers();
  });

  let keys: ProviderKeys;
  /** When it was asked, in milliseconds from the start. */
  let asked: number[];
  let taken: string[][];
  let fetched: boolean[];
  let answer: () => Promise<LoadedKeySet>;
  const logger = createLogger({ level: 'silent', fields: {} });

  const setOf = (id: string, freshForMs?: number): LoadedKeySet => ({
    keys: [{ id, algorithm: 'ES256', material: id }],
    skipped: [],
    freshForMs,
  });
  const away = (): Promise<LoadedKeySet> => Promise.reject(new ProviderError('https://login.example is away'));

  async function start(first: () => Promise<LoadedKeySet>): Promise<void> {
    const startedAt = Date.now();
    asked = [];
    taken = [];
    fetched = [];
    answer = first;
    keys = new ProviderKeys({
      load: () => {
        asked.push(Date.now() - startedAt);
        return answer();
      },
      onKeys: (all) => taken.push(all.map(({ id }) => String(id))),
      onFetched: (isLoaded) => fetched.push(isLoaded),
      clockToleranceMs: TOLERANCE_MS,
      logger,
    });
    await keys.start();
  }

  it.each([
    ['what the provider says', 10 * MINUTE, 10 * MINUTE],
    ['ten minutes where it says nothing', undefined, 10 * MINUTE],
    ['a minute where it says less', 0, MINUTE],
    ['an hour where it says more', 30 * 24 * HOUR, HOUR],
  ])('fetches them anew before %s has passed, and not much sooner', async (_, freshForMs, ms) => {
    await start(() => Promise.resolve(setOf('a', freshForMs)));
    await vi.advanceTimersByTimeAsync(0.69 * ms);
    expect(asked).toHaveLength(1);
    answer = () => Promise.resolve(setOf('b', freshForMs));
    await vi.advanceTimersByTimeAsync(0.22 * ms);
    expect(asked).toHaveLength(2);
    expect(taken).toEqual([['a'], ['b']]);
  });

  it('fetches them when a token names one that is not known, at most once in 30 seconds', async () => {
    await start(() => Promise.resolve(setOf('a', HOUR)));
    await vi.advanceTimersByTimeAsync(5 * SECOND);
    for (let i = 0; i < 90 * 200; i++) {
      keys.mayStillCome(Date.now());
      await vi.advanceTimersByTimeAsync(5);
    }
    expect(asked).toEqual([0, 5 * SECOND, 35 * SECOND, 65 * SECOND, 95 * SECOND]);
  });

  it('fetches them no more often than it says where a token had them fetched in between', async () => {
    await start(() => Promise.resolve(setOf('a', HOUR)));
    await vi.advanceTimersByTimeAsync(5 * SECOND);
    keys.mayStillCome(Date.now());
    await vi.advanceTimersByTimeAsync(55 * MINUTE);
    expect(asked).toHaveLength(3);
  });

  it('fetches them once, whoever asks for them meanwhile', async () => {
    let come: (set: LoadedKeySet) => void = () => undefined;
    const starting = start(() => new Promise((resolve) => (come = resolve)));
    keys.fetchSoon();
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect([asked, fetched]).toEqual([[0], []]);
    come(setOf('a'));
    await starting;
    expect([asked, fetched]).toEqual([[0], [true]]);
  });

  it('lets a token hope where its key may be newer than those that are known', async () => {
    await start(() => Promise.resolve(setOf('a')));
    const loadedAt = Date.now();
    await vi.advanceTimersByTimeAsync(5 * SECOND);
    expect(keys.mayStillCome(Date.now())).toBe(true);
    expect(keys.mayStillCome(loadedAt - MINUTE)).toBe(true);
    expect(keys.mayStillCome(loadedAt - MINUTE - 1)).toBe(false);
    expect(keys.mayStillCome(Date.now() + TOLERANCE_MS)).toBe(true);
    expect(keys.mayStillCome(Date.now() + TOLERANCE_MS + 1)).toBe(false);
    expect(keys.mayStillCome(Infinity)).toBe(false);
    expect(keys.mayStillCome(NaN)).toBe(false);
  });

  it('lets one without a time hope only while the keys are being fetched', async () => {
    await start(() => Promise.resolve(setOf('a')));
    expect(keys.mayStillCome(undefined)).toBe(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(2);
    expect(keys.mayStillCome(undefined)).toBe(false);
  });

  it('keeps the last ones while the provider is away, and asks again every 30 seconds', async () => {
    await start(() => Promise.resolve(setOf('a')));
    answer = away;
    const error = vi.spyOn(logger, 'error');
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(taken).toEqual([['a']]);
    expect(asked.length).toBeGreaterThan(95);
    for (const [i, at] of asked.slice(2).entries()) expect(at - (asked[i + 1] ?? NaN)).toBe(30 * SECOND);
    const told = 'keys of the provider not fetched; the last ones stay';
    const problem = 'https://login.example is away';
    expect(error.mock.lastCall).toEqual([{ problem, failures: asked.length - 1 }, told]);
    answer = () => Promise.resolve(setOf('b'));
    await vi.advanceTimersByTimeAsync(30 * SECOND);
    expect(taken).toEqual([['a'], ['b']]);
    answer = away;
    error.mockClear();
    await vi.advanceTimersByTimeAsync(9 * MINUTE);
    expect(error.mock.calls[0]).toEqual([{ problem, failures: 1 }, told]);
  });

  it('asks more often as long as it has none, and everybody may hope', async () => {
    const error = vi.spyOn(logger, 'error');
    await start(away);
    expect(error.mock.lastCall?.[1]).toBe('keys of the provider not fetched; there are none yet');
    expect(fetched).toEqual([false]);
    expect(keys.mayStillCome(0)).toBe(true);
    await vi.advanceTimersByTimeAsync(SECOND);
    // It does not put off what comes sooner.
    expect(keys.mayStillCome(0)).toBe(true);
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    expect(asked.slice(0, 4)).toEqual([0, 0, 2 * SECOND, 6 * SECOND]);
    for (const [i, at] of asked.slice(1).entries()) expect(at - (asked[i] ?? NaN)).toBeLessThanOrEqual(30 * SECOND);
    answer = () => Promise.resolve(setOf('a'));
    await vi.advanceTimersByTimeAsync(30 * SECOND);
    expect(taken).toEqual([['a']]);
    expect(keys.mayStillCome(0)).toBe(false);
  });

  it('names a key that it leaves out once, and again when others are', async () => {
    const skipped = [{ key: 'theirs', why: 'is not for signatures' }];
    const warn = vi.spyOn(logger, 'warn');
    await start(() => Promise.resolve({ ...setOf('a', MINUTE), skipped }));
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    expect(warn.mock.calls).toMatchObject([[skipped[0], expect.anything()]]);
    answer = () => Promise.resolve({ ...setOf('a', MINUTE), skipped: [{ key: 'other', why: 'is weak' }] });
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('asks no more once it is closed, and takes nothing that comes then', async () => {
    await start(() => Promise.resolve(setOf('a')));
    let comeLate: (set: LoadedKeySet) => void = () => undefined;
    answer = () => new Promise((resolve) => (comeLate = resolve));
    keys.fetchSoon();
    await vi.advanceTimersByTimeAsync(0);
    keys.close();
    comeLate(setOf('b'));
    keys.fetchSoon();
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(taken).toEqual([['a']]);
    expect(asked).toHaveLength(2);
  });

  it('asks no more where it is closed between two fetches, and does not complain of one that its end has ended', async () => {
    await start(() => Promise.resolve(setOf('a')));
    keys.close();
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(asked).toHaveLength(1);
    const error = vi.spyOn(logger, 'error').mockClear();
    let fail: (err: unknown) => void = () => undefined;
    const starting = start(() => new Promise((_, reject) => (fail = reject)));
    keys.close();
    fail(new ProviderError('aborted'));
    await starting;
    expect(error).not.toHaveBeenCalled();
    expect(fetched).toEqual([]);
  });

  it('takes a fault of its own for no fault of the provider', async () => {
    await expect(start(() => Promise.reject(new TypeError('our own')))).rejects.toThrow('our own');
  });
});
