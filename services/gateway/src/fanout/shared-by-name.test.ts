import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { SharedByName } from './shared-by-name.ts';

describe('SharedByName', () => {
  let started: string[];
  let stopped: string[];
  let startFault: Error | undefined;
  let shared: SharedByName<{ name: string }>;

  beforeEach(() => {
    vi.useFakeTimers();
    started = [];
    stopped = [];
    startFault = undefined;
    shared = new SharedByName({
      create: (name) => ({ name }),
      start: ({ name }) => {
        started.push(name);
        return startFault === undefined ? Promise.resolve() : Promise.reject(startFault);
      },
      stop: ({ name }) => stopped.push(name),
      lingerMs: 100,
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('starts a thing once for all its users and stops it a while after the last', async () => {
    const [first, second] = await Promise.all([shared.acquire('a'), shared.acquire('a')]);
    expect(first).toBe(second);
    expect(started).toEqual(['a']);
    shared.release('a');
    vi.advanceTimersByTime(1000);
    expect(stopped).toEqual([]);
    shared.release('a');
    vi.advanceTimersByTime(99);
    expect(stopped).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(stopped).toEqual(['a']);
    expect(shared.get('a')).toBeUndefined();
  });

  it('keeps a thing whose next user comes while it lingers', async () => {
    const first = await shared.acquire('a');
    shared.release('a');
    vi.advanceTimersByTime(99);
    expect(await shared.acquire('a')).toBe(first);
    vi.advanceTimersByTime(1000);
    expect(stopped).toEqual([]);
    expect(started).toEqual(['a']);
  });

  it('tells every waiting user of a failed start, and tries again with the next', async () => {
    startFault = new Error('no');
    const results = await Promise.allSettled([shared.acquire('a'), shared.acquire('a')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    startFault = undefined;
    expect(await shared.acquire('a')).toEqual({ name: 'a' });
    expect(started).toEqual(['a', 'a']);
  });
});
