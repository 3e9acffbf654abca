import { CLOSE_CODES } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Client } from './client.ts';
import type { ConnectOptions } from './options.ts';
import type { RoomEvent } from './room-events.ts';
import type { StandardSchema } from './standard-schema.ts';
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
    expect(client.status).toMatchObject({ state: 'reconnecting', error: { code: 'disconnected' } });
    await platform.pass(250);
    expect(platform.sockets).toHaveLength(2);
  });

  it('is tried at once when the network changes, and asked where there is one', async () => {
    start();
    await goLive();
    await platform.pass(5_000);
    platform.change();
    expect(platform.socket.of('ping')).toHaveLength(1);
    platform.socket.lose(CLOSE_CODES.atCapacity.code);
    expect(platform.sockets).toHaveLength(1);
    platform.change();
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
    platform.socket.receive({ type: 'draining', reconnectInMs: 7_000 });
    platform.socket.lose(CLOSE_CODES.restart.code);
    await platform.pass(6_999);
    expect(platform.sockets).toHaveLength(1);
    await platform.pass(1);
    expect(platform.sockets).toHaveLength(2);
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

describe('a token', () => {
  it('is offered in the handshake, or comes first where that cannot carry it', async () => {
    start({ token: 'ann' });
    await platform.pass(0);
    expect(platform.socket.protocols).toEqual(['outcry.v1.json', 'bearer.ann']);
    client.close();
    start({ token: 'ann:1' });
    const room = client.join('lobby');
    await goLive();
    expect(platform.socket.protocols).toEqual(['outcry.v1.json']);
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

  it('that has expired and cannot be had anew ends the client', async () => {
    start({ token: 'old' });
    await goLive();
    platform.socket.lose(CLOSE_CODES.tokenExpired.code);
    expect(client.status).toMatchObject({ state: 'closed', error: { code: 'unauthenticated' } });
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
    await expect(room.publish('x'.repeat(4_097))).rejects.toMatchObject({ code: 'invalidData' });
    await expect(room.publish(Array(250).fill('x'.repeat(100)))).rejects.toMatchObject({ code: 'tooBig' });
    room.leave();
    await left;
    await expect(room.publish(4)).rejects.toMatchObject({ code: 'left' });
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

/** Takes text, gives its length. */
const LENGTH: StandardSchema<string, number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => (typeof value === 'string' ? { value: value.length } : { issues: [{ message: 'no text' }] }),
  },
};
