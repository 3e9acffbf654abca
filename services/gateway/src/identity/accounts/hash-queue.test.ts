import { describe, expect, it } from 'vitest';

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

  it('goes on behind what fails', async () => {
    const queue = new HashQueue();
    const failing = (): Promise<never> => Promise.reject(new Error('no'));
    await Promise.allSettled(Array.from({ length: 10 }, () => queue.run(failing)));
    expect(await queue.run(() => Promise.resolve(1))).toBe(1);
  });
});
