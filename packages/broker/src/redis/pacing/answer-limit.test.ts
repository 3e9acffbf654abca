import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

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

describe('a limit that has been met', () => {
  const onExpired = vi.fn<() => void>();

  beforeEach(() => {
    onExpired.mockClear();
    // Immediates stay real: they are how a verdict waits for the reading.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('leaves no timer behind', () => {
    new AnswerLimit(LIMIT_MS, onExpired).clear();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has no verdict any more, though its timer has rung', async () => {
    const limit = new AnswerLimit(LIMIT_MS, onExpired);
    vi.advanceTimersByTime(LIMIT_MS);
    limit.clear();
    await new Promise((resolve) => setImmediate(resolve));
    expect(onExpired).not.toHaveBeenCalled();
  });
});

describe('a limit of 2 s on a loop that is late', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  /** When it comes to its verdict where each turn of the loop takes so long: timers that are due ring in the next one. */
  function verdictAt(turnMs: number): number {
    let now = 0;
    let timers: { readonly dueAt: number; readonly ring: () => void }[] = [];
    const immediates: (() => void)[] = [];
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    vi.stubGlobal('setTimeout', (ring: () => void, ms: number) => timers.push({ dueAt: now + ms, ring }));
    vi.stubGlobal('setImmediate', (run: () => void) => immediates.push(run));
    const onExpired = vi.fn<() => void>();
    new AnswerLimit(2000, onExpired);
    while (onExpired.mock.calls.length === 0) {
      now += turnMs;
      const due = timers.filter(({ dueAt }) => dueAt <= now);
      timers = timers.filter(({ dueAt }) => dueAt > now);
      for (const { ring } of due) ring();
      for (const run of immediates.splice(0)) run();
    }
    return now;
  }

  it('counts as it is where the loop is in time', () => {
    expect(verdictAt(1)).toBe(2000);
    expect(verdictAt(20)).toBe(2000);
  });

  it('does not count the time by which the loop is late, where that is more than a turn takes', () => {
    expect(verdictAt(200)).toBeGreaterThan(3000);
    expect(verdictAt(30)).toBeLessThan(2100);
  });

  it('ends in twice the time and a turn or two, however late the loop is', () => {
    expect(verdictAt(1000)).toBeLessThanOrEqual(2 * 2000 + 2 * 1000);
    expect(verdictAt(300)).toBeLessThanOrEqual(2 * 2000 + 2 * 300);
  });
});
