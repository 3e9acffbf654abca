import { CLOSE_CODES } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Client } from './client.ts';
import type { ConnectOptions } from './connection/options.ts';
import type { PayloadCipher } from './payloads/payload-pipe.ts';
import type { RoomEvent } from './room-events.ts';
import type { StandardSchema } from './payloads/standard-schema.ts';
import { FakePlatform } from './testing/fake-platform.ts';

let platform: FakePlatform;
let client: Client;

function start(options: ConnectOptions = {}): void {
  const defaults = { encoding: 'json', webSocket: platform.openSocket } as const;
  client = new Client('ws://test/ws', { ...defaults, ...options }, platform);
}

async function goLive(details: Parameters<FakePlatform['socket']['welcome']>[0] = {}): Promise<void> {
  await platform.pass(0);
  platform.socket.open();
  platform.socket.welcome(details);
  await platform.pass(0);
}

/** Answers the latest join of a room. */
function joined(room: string, seq: number, { epoch = 'e', recovered = false } = {}): void {
  const id = platform.socket.of('join').findLast((join) => join.room === room)?.id ?? 0;
  platform.socket.receive({ type: 'joined', id, room, epoch, recovered, seq });
}

function message(seq: number, data: unknown = seq): void {
  platform.socket.receive({ type: 'message', room: 'lobby', from: 'bob', at: 1, data, seq });
}

beforeEach(() => {
  platform = new FakePlatform();
});
afterEach(() => {
  client.close();
  expect(platform.timers).toBe(0);
  expect(platform.watchers).toBe(0);
  expect(platform.socket.isClosed).toBe(true);
  expect(platform.sockets.flatMap(({ refused }) => refused)).toEqual([]);
});

describe('a connection', () => {
  it('is asked after silence, and given up where nothing comes', async () => {
    start();
    await goLive();
    await platform.pass(15_000);
    expect(platform.socket.of('ping')).toHaveLength(1);
    platform.socket.receive({ type: 'pong', at: 1 });
    await platform.pass(15_000);
    expect(client.status.state).toBe('connected');
    await platform.pass(5_000);
    expect(platform.sockets[0]?.isClosed).toBe(true);
    expect(client.status).toMatchObject({ state: 'reconnecting', error: { code: 'disconnected', isRetryable: true } });
    await platform.pass(250);
    expect(platform.sockets).toHaveLength(2);
  });

  it('is tried at once when the network changes, and asked where there is one', async () => {
    start();
    await goLive();
    await platform.pass(5_000);
    platform.change('seen');
    expect(platform.socket.of('ping')).toHaveLength(1);
    platform.socket.lose(CLOSE_CODES.atCapacity.code);
    expect(platform.sockets).toHaveLength(1);
    platform.change('seen');
    expect(platform.sockets).toHaveLength(2);
  });

  it('is tried at once when somebody does not want to wait', async () => {
    start();
    await goLive();
    platform.socket.lose(CLOSE_CODES.atCapacity.code);
    expect(platform.sockets).toHaveLength(1);
    client.tryNow();
    expect(platform.sockets).toHaveLength(2);
  });

  it('waits as long as it was told when its gateway drains', async () => {
    start();
    await goLive();
    expect(client.status).toMatchObject({ state: 'connected', isDraining: false });
    platform.socket.receive({ type: 'draining', reconnectInMs: 7_000 });
    expect(client.status).toMatchObject({ state: 'connected', isDraining: true });
    platform.socket.lose(CLOSE_CODES.restart.code);
    await platform.pass(6_999);
    expect(platform.sockets).toHaveLength(1);
    await platform.pass(1);
    expect(platform.sockets).toHaveLength(2);
    await goLive();
    expect(client.status).toMatchObject({ state: 'connected', isDraining: false });
  });

  it.each(['malformed', 'unauthenticated', 'revoked'] as const)('does not come back after %s', async (name) => {
    start();
    const room = client.join('lobby');
    const { code } = CLOSE_CODES[name];
    await goLive();
    platform.socket.lose(code);
    expect(client.status).toMatchObject({ state: 'closed', error: { code: 'closed', closeCode: code } });
    await expect(room.publish('x')).rejects.toMatchObject({ code: 'closed' });
    await expect(room[Symbol.asyncIterator]().next()).rejects.toMatchObject({ closeCode: code });
    expect(() => client.join('other')).toThrow('closed');
  });
});

describe('a signal to a user', () => {
  it('goes to the inbox now, or never where there is no connection', async () => {
    start();
    expect(client.signal('bob', 'typing')).toBe(false);
    await goLive();
    expect(client.signal('bob', 'typing')).toBe(true);
    expect(platform.socket.of('signal')).toMatchObject([{ room: '@bob', name: 'typing' }]);
    expect(() => client.signal('b*b', 'typing')).toThrow('expected a user');
    const room = client.join('lobby');
    joined('lobby', 0);
    expect(() => room.signal('drawing', 'x'.repeat(17_000))).toThrow(expect.objectContaining({ code: 'tooBig' }));
    expect(client.status.state).toBe('connected');
  });
});

describe('a socket that can be cut', () => {
  it.each([
    ['is, where the far side does not close within two seconds', undefined, 1],
    ['is not, where it does', 1_000, 0],
  ])('%s', async (_, closesAfterMs, cuts) => {
    start();
    await goLive();
    const { socket } = platform;
    let terminations = 0;
    socket.terminate = () => {
      terminations += 1;
    };
    client.close();
    if (closesAfterMs !== undefined) {
      await platform.pass(closesAfterMs);
      socket.lose(1000);
    }
    await platform.pass(1_999 - (closesAfterMs ?? 0));
    expect(terminations).toBe(0);
    await platform.pass(1);
    expect(terminations).toBe(cuts);
  });
});

describe('a token', () => {
  it('is offered in the handshake, or comes first where that cannot carry it', async () => {
    start({ token: 'ann' });
    await platform.pass(0);
    expect(platform.socket.protocols).toEqual(['outcry.v1.json', 'outcry.move', 'bearer.ann']);
    client.close();
    start({ token: 'ann:1' });
    const room = client.join('lobby');
    await goLive();
    expect(platform.socket.protocols).toEqual(['outcry.v1.json', 'outcry.move']);
    expect(platform.socket.sent).toMatchObject([{ type: 'auth', token: 'ann:1' }]);
    platform.socket.receive({ type: 'ack', id: Number(platform.socket.of('auth')[0]?.id), user: 'ann:1' });
    expect(client.status).toMatchObject({ state: 'connected', user: 'ann:1' });
    expect(platform.socket.of('join')).toHaveLength(1);
    room.leave();
  });

  it('is had anew before it expires, once at a time', async () => {
    const answers: ((token: string) => void)[] = [];
    start({ token: () => new Promise((resolve) => answers.push(resolve)), pingAfterMs: 1e9 });
    answers[0]?.('t1');
    await goLive({ at: 500_000, expiresAt: 600_000, heartbeatMs: 1e9 });
    await platform.pass(79_999);
    expect(answers).toHaveLength(1);
    await platform.pass(1);
    expect(answers).toHaveLength(2);
    await platform.pass(10_000);
    expect(answers).toHaveLength(2);
    answers[1]?.('t2');
    await platform.pass(0);
    expect(platform.socket.of('auth')).toMatchObject([{ token: 't2' }]);
    expect(client.status.state).toBe('connected');
  });

  it('is not asked for twice where the connection is lost while one is on its way', async () => {
    const answers: ((token: string) => void)[] = [];
    start({ token: () => new Promise((resolve) => answers.push(resolve)), pingAfterMs: 1e9 });
    answers[0]?.('t1');
    await goLive({ expiresAt: 100_000, heartbeatMs: 1e9 });
    await platform.pass(80_000);
    expect(answers).toHaveLength(2);
    platform.socket.lose(CLOSE_CODES.slowConsumer.code);
    await platform.pass(250);
    expect(answers).toHaveLength(2);
    answers[1]?.('t2');
    await platform.pass(0);
    expect(platform.socket.protocols).toContain('bearer.t2');
  });

  it('that has expired and cannot be had anew ends the client', async () => {
    start({ token: 'old' });
    await goLive();
    platform.socket.lose(CLOSE_CODES.tokenExpired.code);
    const closeCode = CLOSE_CODES.tokenExpired.code;
    expect(client.status).toMatchObject({ state: 'closed', error: { code: 'unauthenticated', closeCode } });
  });
});

describe('a room', () => {
  it('resumes from its position, gives each message once, and tells where something is missing', async () => {
    start();
    const events: RoomEvent[] = [];
    client.join('lobby', { onEvent: (event) => events.push(event) });
    await goLive();
    joined('lobby', 4);
    message(5);
    message(5);
    message(6);
    platform.socket.lose(CLOSE_CODES.slowConsumer.code);
    await platform.pass(250);
    await goLive();
    expect(platform.socket.of('join')).toMatchObject([{ since: { epoch: 'e', seq: 6 } }]);
    joined('lobby', 6, { recovered: true });
    message(7);
    platform.socket.receive({ type: 'reset', room: 'lobby', epoch: 'f', seq: 0 });
    message(1);
    expect(events.map((event) => (event.type === 'message' ? event.seq : event.type))).toEqual([
      'joined',
      5,
      6,
      'away',
      'joined',
      7,
      'gap',
      1,
    ]);
  });

  it('joins again where a message is missing', async () => {
    start();
    const seqs: number[] = [];
    client.join('lobby', { onMessage: ({ seq }) => seqs.push(seq) });
    await goLive();
    joined('lobby', 0);
    message(1);
    message(3);
    expect(platform.socket.of('join')).toHaveLength(2);
    message(4);
    joined('lobby', 1, { recovered: true });
    for (const seq of [2, 3, 4]) message(seq);
    expect(seqs).toEqual([1, 2, 3, 4]);
  });

  it('keeps a message that was published offline until it can be sent, and repeats it until there is an answer', async () => {
    start();
    const room = client.join('lobby');
    const published = room.publish('hello');
    await goLive();
    joined('lobby', 0);
    const [first] = platform.socket.of('publish');
    platform.socket.lose(CLOSE_CODES.heartbeatTimeout.code);
    await platform.pass(250);
    await goLive();
    joined('lobby', 0, { recovered: true });
    const [second] = platform.socket.of('publish');
    expect(second).toEqual(first);
    expect(second).toMatchObject({ data: 'hello' });
    platform.socket.receive({ type: 'ack', id: Number(second?.id), epoch: 'e', seq: 1 });
    await expect(published).resolves.toEqual({ epoch: 'e', seq: 1 });
  });

  it('gives a verdict on every message that cannot be sent', async () => {
    start({ maxPendingRequests: 2 });
    const room = client.join('lobby');
    const late = expect(room.publish(1, { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'timedOut',
      mayBeStored: false,
    });
    const left = expect(room.publish(2)).rejects.toMatchObject({ code: 'left' });
    await expect(room.publish(3)).rejects.toMatchObject({ code: 'queueFull', isRetryable: true });
    await platform.pass(1_000);
    await late;
    const deep: unknown = JSON.parse(`${'['.repeat(33)}${']'.repeat(33)}`);
    await expect(room.publish(deep)).rejects.toMatchObject({ code: 'invalidData' });
    await expect(room.publish({ constructor: { prototype: 1 } })).rejects.toMatchObject({ code: 'invalidData' });
    await expect(room.publish('x'.repeat(16_384))).rejects.toMatchObject({ code: 'tooBig' });
    await expect(room.publish(new Uint8Array(12_288))).rejects.toMatchObject({ code: 'tooBig' });
    await expect(room.publish({ id: 2 ** 53 })).rejects.toMatchObject({ code: 'invalidData' });
    await expect(room.publish('😀'.slice(1))).rejects.toMatchObject({ code: 'invalidData' });
    await expect(room.publish(Array(250).fill('x'.repeat(100)))).rejects.toMatchObject({ code: 'tooBig' });
    room.leave();
    await left;
    await expect(room.publish(4)).rejects.toMatchObject({ code: 'left' });
  });

  it('waits while the client lags, and goes on in order, each message once', async () => {
    start();
    const events: RoomEvent[] = [];
    client.join('lobby', { onEvent: (event) => events.push(event) });
    await goLive();
    joined('lobby', 4);
    message(5);
    platform.socket.receive({ type: 'lagging', bufferedBytes: 300_000 });
    platform.socket.receive({ type: 'member', room: 'lobby', user: 'cy', change: 'joined', count: 2 });
    expect(client.status).toMatchObject({ isLagging: true });
    message(6);
    expect(client.status).toMatchObject({ isLagging: false });
    message(7);
    message(7);
    platform.socket.receive({ type: 'lagging', bufferedBytes: 300_000 });
    platform.socket.receive({ type: 'reset', room: 'lobby', epoch: 'e', seq: 2_000 });
    await platform.pass(1_000);
    joined('lobby', 1_000);
    message(1_001);
    expect(events.map((event) => (event.type === 'message' ? event.seq : event.type))).toEqual([
      'joined',
      5,
      'member',
      6,
      7,
      'joined',
      'gap',
      1_001,
    ]);
    expect(platform.socket.of('join').slice(1)).toMatchObject([{ since: { epoch: 'e', seq: 7 }, history: 1_000 }]);
  });

  it('that a newer token has no right to fails, and the others go on', async () => {
    start();
    const lost = client.join('vault');
    const kept = client.join('lobby');
    await goLive();
    joined('lobby', 4);
    joined('vault', 2);
    const refusal = { type: 'error', code: 'forbidden', message: 'no right to vault', retryable: false } as const;
    platform.socket.receive({ ...refusal, room: 'vault' });
    const again = platform.socket.of('join').findLast(({ room }) => room === 'vault');
    expect(again).toMatchObject({ since: { epoch: 'e', seq: 2 } });
    expect(platform.socket.of('join').filter(({ room }) => room === 'lobby')).toHaveLength(1);
    const id = Number(again?.id);
    platform.socket.receive({ type: 'error', id, code: 'forbidden', message: 'no right', retryable: false });
    expect([lost.status, kept.status]).toEqual(['failed', 'joined']);
    await expect(lost.publish('x')).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('that was refused and is opened anew does not end with what opened it before', async () => {
    start();
    const first = client.join('vault');
    await goLive();
    const id = Number(platform.socket.of('join')[0]?.id);
    platform.socket.receive({ type: 'error', id, code: 'forbidden', message: 'not here', retryable: false });
    const second = client.join('vault');
    first.leave();
    expect(() => client.join('vault')).toThrow('open already');
    expect(second.status).toBe('joining');
  });

  it('is refused for good where the gateway says so', async () => {
    start();
    const room = client.join('vault');
    await goLive();
    const id = Number(platform.socket.of('join')[0]?.id);
    platform.socket.receive({ type: 'error', id, code: 'forbidden', message: 'not here', retryable: false });
    await expect(room.joined).rejects.toMatchObject({ code: 'forbidden', message: 'not here' });
    expect(room.status).toBe('failed');
    client.join('vault').leave();
  });

  it('checks payloads against its schema, and delivers none that does not fit', async () => {
    start();
    const events: RoomEvent<number>[] = [];
    const room = client.join('lobby', { schema: LENGTH, onEvent: (event) => events.push(event) });
    await goLive();
    joined('lobby', 0);
    message(1, 'four');
    message(2, 4);
    message(3, 'two');
    await platform.pass(0);
    expect(events.slice(1)).toMatchObject([
      { type: 'message', data: 4, seq: 1 },
      { type: 'undeliverable', seq: 2, error: { code: 'invalidData', message: "the room's schema: no text" } },
      { type: 'message', data: 3, seq: 3 },
    ]);
    const wrong: unknown = 5;
    await expect(room.publish(wrong as string)).rejects.toMatchObject({ code: 'invalidData' });
    expect(platform.socket.of('publish')).toEqual([]);
  });

  it('holds what comes before an iteration begins, and ends it where the reader falls behind', async () => {
    start({ maxBufferedEvents: 3 });
    const room = client.join('lobby');
    await goLive();
    joined('lobby', 0);
    message(1);
    message(2);
    message(3);
    const seqs: number[] = [];
    const read = async (): Promise<void> => {
      for await (const { seq } of room) seqs.push(seq);
    };
    await expect(read()).rejects.toMatchObject({ code: 'overflow' });
    expect(seqs).toEqual([1, 2]);
  });

  it('ends its iterations when it is left', async () => {
    start();
    const room = client.join('lobby');
    await goLive();
    joined('lobby', 0);
    const seqs: number[] = [];
    const read = async (): Promise<void> => {
      for await (const { seq } of room) seqs.push(seq);
    };
    const ended = read();
    message(1);
    room.leave();
    await ended;
    expect(seqs).toEqual([1]);
    expect(platform.socket.of('leave')).toHaveLength(1);
  });
});

describe('a book', () => {
  it('is stale from when the client lags until its snapshot', async () => {
    start();
    const book = client.book('BTCUSDT');
    await goLive();
    const sides = { priceScale: 0, sizeScale: 0, bids: [], asks: [] };
    const stamp = { symbol: 'BTCUSDT', depth: 10, interval: 100, epoch: 'e', venueAt: 1, at: 1, venueSeq: 1 };
    const snapshot = { type: 'snapshot', ...stamp, ...sides, seq: 1 } as const;
    platform.socket.receive(snapshot);
    expect(book.status).toBe('live');
    platform.socket.receive({ type: 'lagging', bufferedBytes: 300_000 });
    expect([book.status, client.status]).toMatchObject(['stale', { isLagging: true }]);
    platform.socket.receive(snapshot);
    expect([book.status, client.status]).toMatchObject(['live', { isLagging: false }]);
  });
});

describe('a book that was refused', () => {
  it('does not end with it what opens it anew, and has failed, whoever closes it', async () => {
    start();
    const first = client.book('BTCUSDT');
    await goLive();
    const id = Number(platform.socket.of('subscribe')[0]?.id);
    platform.socket.receive({ type: 'error', id, code: 'unknownSymbol', message: 'not here', retryable: false });
    await expect(first.ready).rejects.toMatchObject({ code: 'unknownSymbol' });
    client.book('BTCUSDT');
    first.close();
    expect(first.status).toBe('failed');
    expect(() => client.book('BTCUSDT')).toThrow('open already');
    expect(platform.socket.of('unsubscribe')).toEqual([]);
  });
});

describe('direct messages', () => {
  it('keep their order where one has to wait, and hold up nobody else', async () => {
    start();
    await goLive();
    const sent = (): unknown[] => platform.socket.of('publish').map(({ data }) => data);
    const first = client.send('bob', 1);
    const ack = (seq: number, nth: number): void => {
      platform.socket.receive({ type: 'ack', id: Number(platform.socket.of('publish')[nth]?.id), epoch: 'e', seq });
    };
    const id = Number(platform.socket.of('publish')[0]?.id);
    platform.socket.receive({ type: 'error', id, code: 'unavailable', message: 'later', retryable: true });
    const second = client.send('bob', 2);
    const other = client.send('cy', 3);
    await platform.pass(999);
    expect(sent()).toEqual([1, 3]);
    await platform.pass(1);
    expect(sent()).toEqual([1, 3, 1, 2]);
    for (const nth of [1, 2, 3]) ack(nth, nth);
    await expect(Promise.all([first, second, other])).resolves.toMatchObject([{ seq: 2 }, { seq: 3 }, { seq: 1 }]);
  });

  it('come back when the gateway says, and are known not to be stored where that is too late', async () => {
    start();
    await goLive();
    const sent = (): number => platform.socket.of('publish').length;
    const refuse = (nth: number, retryInMs: number): void => {
      const id = Number(platform.socket.of('publish')[nth]?.id);
      const error = { code: 'unavailable', message: 'too many publishes wait', retryable: true, retryInMs };
      platform.socket.receive({ type: 'error', id, ...error });
    };
    const first = client.send('bob', 1);
    refuse(0, 1300);
    await platform.pass(1299);
    expect(sent()).toBe(1);
    await platform.pass(1);
    expect(sent()).toBe(2);
    refuse(1, 60_000);
    await expect(first).rejects.toMatchObject({ code: 'unavailable', retryInMs: 60_000, mayBeStored: false });
  });

  it('keep their order where they are sealed, however long each takes', async () => {
    start();
    await goLive();
    const seals: (() => void)[] = [];
    const encryption: PayloadCipher = {
      seal: (data) =>
        new Promise((resolve) => {
          seals.push(() => {
            resolve({ sealed: data });
          });
        }),
      open: (data) => Promise.resolve(data),
    };
    const both = Promise.allSettled([
      client.send('bob', 1, { encryption }),
      client.send('bob', 2, { encryption, timeoutMs: 5_000 }),
    ]);
    await platform.pass(0);
    seals.at(-1)?.();
    await platform.pass(0);
    seals.at(-1)?.();
    await platform.pass(0);
    expect(platform.socket.of('publish')).toMatchObject([{ data: { sealed: 1 } }, { data: { sealed: 2 } }]);
    await platform.pass(30_000);
    await both;
  });
});

/** Takes text, gives its length. */
const LENGTH: StandardSchema<string, number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => (typeof value === 'string' ? { value: value.length } : { issues: [{ message: 'no text' }] }),
  },
};
