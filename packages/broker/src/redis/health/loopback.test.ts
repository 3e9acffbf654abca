import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeySpace } from '../keys.ts';
import { Loopback, loopbackChannel, movesChannel } from './loopback.ts';

const INTERVAL_MS = 3000;
const LIMIT_MS = 2000;

describe('Loopback', () => {
  let send: (payload: string) => Promise<unknown>;
  let echo: (payload: Buffer) => void;
  let onDeaf: ReturnType<typeof vi.fn<() => void>>;
  let loopback: Loopback;
  let rounds: NodeJS.Timeout;

  beforeEach(async () => {
    // Immediates stay real: they are how a verdict waits for the reading.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
    onDeaf = vi.fn<() => void>();
    send = (payload) => {
      echo(Buffer.from(payload));
      return Promise.resolve();
    };
    loopback = new Loopback({
      listen: (listener) => {
        echo = listener;
        return Promise.resolve();
      },
      send: (payload) => send(payload),
      onDeaf,
    });
    await loopback.listen();
    loopback.start();
    rounds = setInterval(() => {
      loopback.beat();
    }, INTERVAL_MS);
  });
  afterEach(() => {
    clearInterval(rounds);
    loopback.stop();
    vi.useRealTimers();
  });

  it('is content with its own echo', async () => {
    await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS);
    expect(onDeaf).not.toHaveBeenCalled();
  });

  it('takes a connection that brings no echo for deaf, within its limit', async () => {
    send = () => Promise.resolve();
    await vi.advanceTimersByTimeAsync(INTERVAL_MS + LIMIT_MS);
    expect(onDeaf).toHaveBeenCalledTimes(1);
  });

  it('says once that it is deaf, and stays silent until it is started again', async () => {
    send = vi.fn<() => Promise<void>>(() => Promise.resolve());
    await vi.advanceTimersByTimeAsync(5 * INTERVAL_MS);
    expect(send).toHaveBeenCalledTimes(1);
    expect(onDeaf).toHaveBeenCalledTimes(1);
    loopback.start();
    await vi.advanceTimersByTimeAsync(INTERVAL_MS + LIMIT_MS);
    expect(onDeaf).toHaveBeenCalledTimes(2);
  });

  it('asks for no echo before it has been started', () => {
    const unasked = vi.fn<() => Promise<void>>(() => Promise.resolve());
    new Loopback({ listen: () => Promise.resolve(), send: unasked, onDeaf }).beat();
    expect(unasked).not.toHaveBeenCalled();
  });

  it.each([
    { since: 'it has stopped', isStarted: false },
    { since: 'it has begun anew', isStarted: true },
  ])('says nothing of an echo that is missing from before $since', async ({ isStarted }) => {
    const answer = send;
    send = () => Promise.resolve();
    loopback.beat();
    loopback.stop();
    if (isStarted) loopback.start();
    send = answer;
    await vi.advanceTimersByTimeAsync(LIMIT_MS);
    expect(onDeaf).not.toHaveBeenCalled();
  });

  it('is not thrown by a sending that takes longer than its limit', async () => {
    const rejections: unknown[] = [];
    const keepRejection = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', keepRejection);
    let settle = (): void => undefined;
    send = () =>
      new Promise<void>((resolve) => {
        settle = resolve;
      });
    const probe = expect(loopback.probe()).rejects.toThrow('no echo');
    await vi.advanceTimersByTimeAsync(LIMIT_MS + 1);
    vi.useRealTimers();
    // Node tells of a rejection that nobody handles when the microtasks of its turn have run.
    await new Promise((resolve) => setImmediate(resolve));
    settle();
    await probe;
    process.off('unhandledRejection', keepRejection);
    expect(rejections).toEqual([]);
  });

  it('counts an echo that has arrived, though its limit rings before that is read', async () => {
    send = () => Promise.resolve();
    const probe = loopback.probe();
    vi.advanceTimersByTime(LIMIT_MS);
    echo(Buffer.from('1'));
    await expect(probe).resolves.toBeUndefined();
  });

  it('can be asked at any time', async () => {
    await expect(loopback.probe()).resolves.toBeUndefined();
    send = () => Promise.resolve();
    const probe = expect(loopback.probe()).rejects.toThrow('no echo');
    await vi.advanceTimersByTimeAsync(LIMIT_MS);
    await probe;
  });

  it('does not take an older echo for its own', async () => {
    let last = '';
    send = (payload) => {
      echo(Buffer.from(last));
      last = payload;
      return Promise.resolve();
    };
    await vi.advanceTimersByTimeAsync(INTERVAL_MS + LIMIT_MS);
    expect(onDeaf).toHaveBeenCalledTimes(1);
  });

  it('takes no notice of what it hears before it has said anything', () => {
    expect(() => {
      echo(Buffer.from('1'));
    }).not.toThrow();
  });

  it('says nothing more once it is stopped, and leaves no timer behind', async () => {
    await loopback.probe();
    loopback.stop();
    // That of the rounds.
    expect(vi.getTimerCount()).toBe(1);
    send = vi.fn<() => Promise<void>>(() => Promise.resolve());
    await vi.advanceTimersByTimeAsync(3 * INTERVAL_MS);
    expect(send).not.toHaveBeenCalled();
  });

  it('has a channel of its own for each node, in one of the partitions', () => {
    const space = new KeySpace('outcry');
    expect(loopbackChannel(space, 'node-1')).toBe(`${space.baseOf('node-1')}loopback/node-1`);
    expect(loopbackChannel(space, 'node-2')).not.toBe(loopbackChannel(space, 'node-1'));
  });

  it('says nothing of deafness where it could not speak', async () => {
    send = () => Promise.reject(new Error('unavailable'));
    await vi.advanceTimersByTimeAsync(3 * INTERVAL_MS);
    expect(onDeaf).not.toHaveBeenCalled();
  });
});

it('has a channel in each partition on which nodes tell each other that it is on its way', () => {
  const space = new KeySpace('outcry');
  const channels = [0, 1, 63].map((partition) => movesChannel(space, partition));
  expect(channels).toEqual([0, 1, 63].map((partition) => loopbackChannel(space, 'moves', partition)));
  expect(new Set(channels.map((channel) => /\{(.+)\}/.exec(channel)?.[1])).size).toBe(3);
});
