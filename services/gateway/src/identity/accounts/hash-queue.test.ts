import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { HashQueue } from './hash-queue.ts';

describe('HashQueue', () => {
  it('runs two at a time, lets thirty wait, and refuses the next', async () => {
    const queue = new HashQueue();
    let running = 0;
    let most = 0;
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const task = async (): Promise<string> => {
      most = Math.max(most, (running += 1));
      await gate;
      running -= 1;
      return 'done';
    };
    const tasks = Array.from({ length: 32 }, () => queue.run(task));
    await expect(queue.run(task)).rejects.toMatchObject({ code: 'unavailable' });
    open();
    expect(await Promise.all(tasks)).toEqual(Array.from({ length: 32 }, () => 'done'));
    expect(most).toBe(2);
    expect(await queue.run(task)).toBe('done');
  });

  it('lets nothing wait for more than five seconds, and goes on with those that came later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const queue = new HashQueue();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const running = [queue.run(() => gate), queue.run(() => gate)];
    // As many as have a place, each of which must go to somebody who still waits.
    const early = [1, 2].map(() => queue.run(() => Promise.resolve('early')));
    vi.advanceTimersByTime(3000);
    const late = queue.run(() => Promise.resolve('late'));
    const refused = Promise.allSettled(early);
    vi.advanceTimersByTime(2000);
    const reason = { code: 'unavailable', retryAfterSeconds: 5 };
    expect(await refused).toMatchObject([{ reason }, { reason }]);
    open();
    expect(await late).toBe('late');
    expect(vi.getTimerCount()).toBe(0);
    await Promise.all(running);
    vi.advanceTimersByTime(10_000);
    expect(await Promise.all([1, 2, 3].map((n) => queue.run(() => Promise.resolve(n))))).toEqual([1, 2, 3]);
  });

  it('goes on behind what fails', async () => {
    const queue = new HashQueue();
    const failing = (): Promise<never> => Promise.reject(new Error('no'));
    await Promise.allSettled(Array.from({ length: 10 }, () => queue.run(failing)));
    expect(await queue.run(() => Promise.resolve(1))).toBe(1);
  });
});
