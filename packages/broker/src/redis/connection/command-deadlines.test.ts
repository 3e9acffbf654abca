import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { CommandDeadlines } from './command-deadlines.ts';

const LIMIT_MS = 1000;

interface Reply {
  readonly promise: Promise<string>;
  resolve(value: string): void;
}

function createReply(): Reply {
  let resolve: (value: string) => void = () => undefined;
  const promise = new Promise<string>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe('a command', () => {
  beforeEach(() => {
    // Immediates stay real: they are how a verdict waits for the reading.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('settles as its reply does, and leaves no timer behind', async () => {
    const deadlines = new CommandDeadlines(LIMIT_MS);
    const fault = new Error('READONLY');

    await expect(deadlines.limit(Promise.resolve('PONG'))).resolves.toBe('PONG');
    await expect(deadlines.limit(Promise.reject(fault))).rejects.toBe(fault);
    await vi.advanceTimersByTimeAsync(LIMIT_MS);

    expect(vi.getTimerCount()).toBe(0);
  });

  test('costs no timer of its own, and none for those that have been answered', async () => {
    const deadlines = new CommandDeadlines(LIMIT_MS);
    const limited = (reply: Promise<string>): Promise<unknown> => deadlines.limit(reply).catch(() => undefined);

    await Promise.all(Array.from({ length: 100 }, () => limited(Promise.resolve('OK'))));
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(LIMIT_MS / 2);
    await limited(Promise.resolve('OK'));
    await limited(Promise.reject(new Error('READONLY')));
    await vi.advanceTimersByTimeAsync(LIMIT_MS / 2);

    expect(vi.getTimerCount()).toBe(0);
  });

  test('fails at its own limit, whatever becomes of those before and behind it', async () => {
    const deadlines = new CommandDeadlines(LIMIT_MS);
    const quick = createReply();
    const outcomes: string[] = [];
    const run = (name: string, reply: Promise<string>): void => {
      deadlines.limit(reply).then(
        () => outcomes.push(`${name} answered`),
        (error: unknown) => outcomes.push(`${name}: ${String(error)}`),
      );
    };

    run('first', createReply().promise);
    run('second', quick.promise);
    await vi.advanceTimersByTimeAsync(LIMIT_MS - 1);
    run('third', createReply().promise);
    quick.resolve('OK');
    await vi.advanceTimersByTimeAsync(1);
    expect(outcomes).toEqual(['second answered', 'first: Error: Command timed out']);
    await vi.advanceTimersByTimeAsync(LIMIT_MS - 2);
    expect(outcomes).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);

    expect(outcomes.at(-1)).toBe('third: Error: Command timed out');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('whose reply comes late stays failed', async () => {
    const deadlines = new CommandDeadlines(LIMIT_MS);
    const late = createReply();
    const outcome = deadlines.limit(late.promise).catch((error: unknown) => error);

    await vi.advanceTimersByTimeAsync(LIMIT_MS);
    late.resolve('OK');

    expect(await outcome).toEqual(new Error('Command timed out'));
  });
});
