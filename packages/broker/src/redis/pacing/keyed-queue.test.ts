import { expect, it } from 'vitest';
import { KeyedQueue } from './keyed-queue.ts';

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve = (): void => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

it('runs the tasks of a key in turn, whether or not the one before fails', async () => {
  const queue = new KeyedQueue();
  const calls: string[] = [];
  const gate = deferred();
  const first = queue.run('a', async () => {
    calls.push('first');
    await gate.promise;
  });
  const second = queue.run('a', () => {
    calls.push('second');
    return Promise.resolve('done');
  });
  await Promise.resolve();
  expect(calls).toEqual(['first']);
  gate.reject(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await expect(second).resolves.toBe('done');
  expect(calls).toEqual(['first', 'second']);
});

it('does not make one key wait for another', async () => {
  const queue = new KeyedQueue();
  const gate = deferred();
  const blocked = queue.run('a', () => gate.promise);
  await expect(queue.run('b', () => Promise.resolve('free'))).resolves.toBe('free');
  gate.resolve();
  await blocked;
});

it('keeps those in line in their order though the first is done', async () => {
  const queue = new KeyedQueue();
  const gate = deferred();
  const calls: string[] = [];
  const first = queue.run('a', () => Promise.resolve());
  const second = queue.run('a', () => gate.promise.then(() => calls.push('second')));
  await first;
  const third = queue.run('a', () => Promise.resolve(calls.push('third')));
  await new Promise((resolve) => setImmediate(resolve));
  gate.resolve();
  await Promise.all([second, third]);
  expect(calls).toEqual(['second', 'third']);
});

it.each([
  ['done', (): Promise<void> => Promise.resolve()],
  ['failed', (): Promise<void> => Promise.reject(new Error('no'))],
])('keeps nothing of a key whose last task is %s: the next one begins at once', async (_, task) => {
  const queue = new KeyedQueue();
  await queue.run('a', task).catch(() => undefined);
  let hasBegun = false;
  const next = queue.run('a', () => {
    hasBegun = true;
    return Promise.resolve();
  });
  expect(hasBegun).toBe(true);
  await next;
});
