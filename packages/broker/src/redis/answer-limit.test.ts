import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { AnswerLimit } from './answer-limit.ts';

const LIMIT_MS = 10;

let near: Socket;
let far: Socket;

beforeEach(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  near = connect((server.address() as { port: number }).port, '127.0.0.1');
  [far] = (await once(server, 'connection')) as [Socket];
  server.close();
});
afterEach(() => {
  near.destroy();
  far.destroy();
});

/** Stops the process, as a busy machine does. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it('takes an answer that has arrived, however late the timer rings', async () => {
  const onExpired = vi.fn<() => void>();
  const limit = new AnswerLimit(LIMIT_MS, onExpired);
  const answered = once(near, 'data').then(() => {
    limit.clear();
  });
  far.write('an answer');
  standStill(5 * LIMIT_MS);
  await answered;
  await new Promise((resolve) => setImmediate(resolve));
  expect(onExpired).not.toHaveBeenCalled();
});

it('takes an answer to what could only be asked when the process had come back', async () => {
  const onExpired = vi.fn<() => void>();
  const limit = new AnswerLimit(LIMIT_MS, onExpired);
  const answered = once(near, 'data').then(() => {
    limit.clear();
  });
  standStill(5 * LIMIT_MS);
  setTimeout(() => far.write('an answer'), LIMIT_MS);
  await answered;
  expect(onExpired).not.toHaveBeenCalled();
});

it('gives its verdict where there is none', async () => {
  await new Promise<void>((resolve) => new AnswerLimit(LIMIT_MS, resolve));
  const late = new Promise<void>((resolve) => new AnswerLimit(LIMIT_MS, resolve));
  standStill(5 * LIMIT_MS);
  await late;
});
