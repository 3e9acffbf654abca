import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutcryError } from '../../outcry-error.ts';
import { Recovery } from './recovery.ts';

const LONGEST_WAIT_MS = 2000;
const unavailable = new OutcryError('unavailable', 'not connected');

describe('Recovery', () => {
  let calls: string[];
  let restore: () => Promise<void>;
  let recovery: Recovery;

  beforeEach(() => {
    vi.useFakeTimers();
    calls = [];
    restore = () => Promise.resolve();
    recovery = new Recovery({
      restore: () => {
        calls.push('restore');
        return restore();
      },
      handleStatus: (status) => {
        calls.push(status);
      },
      handleFault: (fault) => {
        calls.push(fault.message);
      },
    });
  });
  afterEach(() => {
    recovery.close();
    vi.useRealTimers();
  });

  it('says down at once, and up when delivery is whole', async () => {
    recovery.handleBroken();
    expect(calls[0]).toBe('down');
    await vi.advanceTimersByTimeAsync(0);
    expect(calls).toEqual(['down', 'restore', 'up']);
  });

  it('tries until it succeeds, with growing waits', async () => {
    let failures = 12;
    restore = () => (failures-- > 0 ? Promise.reject(unavailable) : Promise.resolve());
    recovery.handleBroken();
    await vi.advanceTimersByTimeAsync(1000);
    const attempts = calls.filter((call) => call === 'restore').length;
    expect(attempts).toBeGreaterThan(3);
    expect(attempts).toBeLessThan(9);
    await vi.advanceTimersByTimeAsync(12 * LONGEST_WAIT_MS);
    expect(calls.filter((call) => call === 'restore')).toHaveLength(13);
    expect(calls.filter((call) => call === 'not connected')).toHaveLength(12);
    expect(calls.at(-1)).toBe('up');
  });

  it('begins anew with the next loss: the waits of an earlier one are over', async () => {
    let failures = 0;
    restore = () => (failures-- > 0 ? Promise.reject(unavailable) : Promise.resolve());
    const timeToRestore = async (): Promise<number> => {
      failures = 2;
      calls = [];
      const begunAt = performance.now();
      recovery.handleBroken();
      while (calls.at(-1) !== 'up') await vi.advanceTimersByTimeAsync(10);
      return performance.now() - begunAt;
    };
    await timeToRestore();
    failures = 12;
    recovery.handleBroken();
    await vi.advanceTimersByTimeAsync(14 * LONGEST_WAIT_MS);
    expect(calls.at(-1)).toBe('up');
    // 50 ms and 100 ms at most.
    expect(await timeToRestore()).toBeLessThanOrEqual(150 + 2 * 10);
  });

  it('does not wait where there is reason to hurry', async () => {
    restore = () => Promise.reject(unavailable);
    recovery.handleBroken();
    await vi.advanceTimersByTimeAsync(0);
    restore = () => Promise.resolve();
    recovery.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(calls.at(-1)).toBe('up');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has nothing to hurry where it does not wait', () => {
    expect(() => {
      recovery.hurry();
    }).not.toThrow();
    expect(calls).toEqual([]);
  });

  it('starts over where it breaks again meanwhile', async () => {
    const finish: (() => void)[] = [];
    restore = () => new Promise((resolve) => finish.push(resolve));
    recovery.handleBroken();
    recovery.handleBroken();
    finish.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
    // Not at once: what breaks again and again is not to be asked without a pause.
    expect(calls).toEqual(['down', 'restore']);
    await vi.advanceTimersByTimeAsync(LONGEST_WAIT_MS);
    expect(calls).toEqual(['down', 'restore', 'restore']);
    finish.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(calls).toEqual(['down', 'restore', 'restore', 'up']);
  });

  it('says nothing and tries nothing once closed', async () => {
    restore = () => Promise.reject(unavailable);
    recovery.handleBroken();
    await vi.advanceTimersByTimeAsync(0);
    recovery.close();
    const known = [...calls];
    await vi.advanceTimersByTimeAsync(10 * LONGEST_WAIT_MS);
    recovery.handleBroken();
    await vi.advanceTimersByTimeAsync(10 * LONGEST_WAIT_MS);
    expect(calls).toEqual(known);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says nothing of a break once closed, though all was well', async () => {
    recovery.close();
    recovery.handleBroken();
    await vi.advanceTimersByTimeAsync(LONGEST_WAIT_MS);
    expect(calls).toEqual([]);
  });

  it('has nothing to say of an attempt that it was closed in the midst of', async () => {
    const fail: (() => void)[] = [];
    restore = () =>
      new Promise((_, reject) =>
        fail.push(() => {
          reject(unavailable);
        }),
      );
    recovery.handleBroken();
    recovery.close();
    fail.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(calls).toEqual(['down', 'restore']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
