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

  it('knows what there is, from the moment it is asked for', async () => {
    const acquired = shared.acquire('a');
    expect(shared.get('a')).toEqual({ name: 'a' });
    await Promise.all([acquired, shared.acquire('b')]);
    expect(shared.size).toBe(2);
    expect([...shared.values()].map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('forgets what cannot be started, and not what has been made anew meanwhile', async () => {
    const starts: ((reason: Error) => void)[] = [];
    const late = new SharedByName({
      create: (name) => ({ name }),
      start: () => (starts.length > 0 ? Promise.resolve() : new Promise<void>((_, reject) => starts.push(reject))),
      stop: () => undefined,
      lingerMs: 100,
    });
    const failed = expect(late.acquire('a')).rejects.toThrow('no');
    late.clear();
    const anew = await late.acquire('a');
    starts[0]?.(new Error('no'));
    await failed;
    expect(late.get('a')).toBe(anew);
  });

  it('stops a thing once, the linger time behind the first of the ends that nobody took back', async () => {
    await shared.acquire('a');
    shared.release('a');
    vi.advanceTimersByTime(50);
    shared.release('a');
    shared.release('unknown');
    vi.advanceTimersByTime(50);
    expect(stopped).toEqual(['a']);
    vi.advanceTimersByTime(1000);
    expect(stopped).toEqual(['a']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lingers as long anew behind each user', async () => {
    await shared.acquire('a');
    for (let i = 0; i < 3; i++) {
      shared.release('a');
      vi.advanceTimersByTime(99);
      expect(stopped).toEqual([]);
      await shared.acquire('a');
    }
    shared.release('a');
    vi.advanceTimersByTime(100);
    expect(stopped).toEqual(['a']);
  });

  it('stops nothing that was cleared', async () => {
    await shared.acquire('a');
    shared.release('a');
    shared.clear();
    expect(shared.size).toBe(0);
    vi.advanceTimersByTime(1000);
    expect(stopped).toEqual([]);
  });
});
