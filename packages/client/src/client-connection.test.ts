import { CLOSE_CODES } from '@outcry/protocol';
import { afterEach, describe, expect, it } from 'vitest';

import type { ConnectOptions } from './connection/options.ts';
import type { ClientStatus } from './core/status.ts';
import { ClientHarness } from './testing/client-harness.ts';

const HOUR_MS = 3_600_000;
let harness: ClientHarness;

function start(options: ConnectOptions = {}): ClientHarness {
  harness = new ClientHarness(options);
  return harness;
}

afterEach(() => {
  harness.end();
});

describe('a socket', () => {
  it('that ends with an error alone is lost at once, and the status has the cause', async () => {
    const { client, platform } = start();
    const cause = new TypeError('connect ECONNREFUSED 127.0.0.1:1337');
    harness.socket.fail(cause);
    expect(client.status).toMatchObject({
      state: 'reconnecting',
      attempt: 1,
      error: { code: 'disconnected', message: `the connection was lost: ${cause.message}`, cause, isRetryable: true },
    });
    await platform.pass(500);
    expect(platform.sockets).toHaveLength(2);
    expect(platform.sockets[0]?.isClosed).toBe(true);
  });

  it.each([
    ['as a header has it', '7', 6_500],
    ['by nothing that can be waited for', 'Fri, 27 Nov 2026', 500],
    ['by no time at all', '0', 500],
    ['by nothing', undefined, 500],
  ])('whose handshake was answered %s has its client come back in time', async (_, retryAfter, waitMs) => {
    const { client, platform } = start();
    const at = platform.now();
    harness.socket.fail(Object.assign(new Error('HTTP 503'), { retryAfter }));
    expect(client.status).toMatchObject({ state: 'reconnecting', retryAt: at + waitMs });
    await platform.pass(waitMs - 1);
    expect(platform.sockets).toHaveLength(1);
    await platform.pass(1);
    expect(platform.sockets).toHaveLength(2);
    harness.socket.fail(new Error('connect ECONNREFUSED'));
    expect(client.status).toMatchObject({ attempt: 2, retryAt: at + waitMs + 1_000 });
  });

  it('whose error is followed by a close is lost once', async () => {
    const { client, platform } = start();
    const { socket } = harness;
    socket.fail(undefined);
    socket.lose(1006);
    expect(client.status).toMatchObject({ attempt: 1, error: { message: 'the connection was lost' } });
    await platform.pass(500);
    expect(platform.sockets).toHaveLength(2);
  });

  it.each([
    ['1000, from whomever', 1000, ''],
    ['1003 without the words of the gateway', 1003, ''],
    ['1009 with the words of another', 1009, 'message too big'],
  ])('that is closed with %s is lost like any other', async (_, code, reason) => {
    const { client, platform } = start();
    await harness.goLive();
    harness.socket.lose(code, reason);
    expect(client.status).toMatchObject({ state: 'reconnecting', error: { code: 'disconnected', closeCode: code } });
    expect(client.status).toHaveProperty('error.message', `the connection was closed on the way: ${String(code)}`);
    await platform.pass(1_000);
    await harness.goLive();
    expect(client.status.state).toBe('connected');
  });

  it.each(['unsupportedData', 'tooBig'] as const)(
    'that the gateway closes with %s is not opened again',
    async (name) => {
      const { client } = start();
      await harness.goLive();
      const { code, reason } = CLOSE_CODES[name];
      harness.socket.lose(code, reason);
      expect(client.status).toMatchObject({ state: 'closed', error: { code: 'closed', closeCode: code } });
    },
  );

  it('that is closed with a code that only gateways use, and that is new, is closed by the gateway', async () => {
    const { client } = start();
    await harness.goLive();
    harness.socket.lose(4000, 'something new');
    expect(client.status).toMatchObject({ state: 'closed', error: { code: 'closed', closeCode: 4000 } });
    expect(client.status).toHaveProperty('error.message', 'the gateway closed the connection: 4000');
  });

  it('that cannot be made ends the client, which says why', async () => {
    const cause = new DOMException('An insecure WebSocket connection may not be initiated', 'SecurityError');
    const { client, platform } = start({
      webSocket: () => {
        throw cause;
      },
    });
    await platform.pass(0);
    expect(client.status).toMatchObject({ state: 'closed', error: { code: 'noSocket', cause } });
    expect(client.status).toHaveProperty('error.message', `no WebSocket could be opened: ${cause.message}`);
    expect(() => client.join('lobby')).toThrow('no WebSocket');
    await expect(client.ping()).rejects.toMatchObject({ code: 'noSocket' });
  });
});

describe('the wait for another attempt', () => {
  it('goes on growing where a gateway welcomes and sends away', async () => {
    const { platform } = start();
    const begunAt: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      const { length } = platform.sockets;
      await harness.goLive();
      begunAt.push(platform.now());
      await platform.pass(5_000);
      harness.socket.lose(CLOSE_CODES.atCapacity.code);
      await harness.untilSockets(length + 1);
    }
    const waits = begunAt.slice(1).map((at, index) => at - (begunAt[index] ?? 0) - 5_000);
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  it('begins anew behind a connection that held', async () => {
    const { platform } = start();
    await harness.goLive();
    for (let i = 0; i < 6; i++) {
      harness.socket.lose(CLOSE_CODES.atCapacity.code);
      await platform.pass(15_000);
    }
    await harness.goLive();
    await platform.pass(10_000);
    harness.socket.lose(CLOSE_CODES.atCapacity.code);
    expect(harness.client.status).toMatchObject({ attempt: 1, retryAt: platform.now() + 500 });
  });

  it('is short when the network is back, and begins anew behind it', async () => {
    const { client, platform } = start();
    await harness.goLive();
    await harness.goOffline(7);
    expect(client.status).toMatchObject({ retryAt: platform.now() + 15_000 });
    platform.change('offline');
    expect(client.status).toMatchObject({ retryAt: platform.now() + 15_000 });
    platform.change('online');
    expect(client.status).toMatchObject({ retryAt: platform.now() + 125 });
    await platform.pass(125);
    harness.socket.fail(new Error('not yet'));
    expect(client.status).toMatchObject({ state: 'reconnecting', attempt: 9, retryAt: platform.now() + 500 });
  });

  it('begins anew when the network is back while an attempt is under way', async () => {
    const { client, platform } = start();
    await harness.goLive();
    await harness.goOffline(6);
    platform.isOffline = false;
    await platform.pass(15_000);
    platform.change('online');
    harness.socket.fail(new Error('not yet'));
    expect(client.status).toMatchObject({ retryAt: platform.now() + 500 });
  });

  it('ends when somebody looks or asks', async () => {
    const { client, platform } = start();
    await harness.goOffline(6);
    const { length } = platform.sockets;
    platform.change('seen');
    expect(platform.sockets).toHaveLength(length + 1);
    harness.socket.fail(new Error('not yet'));
    expect(client.status).toMatchObject({ retryAt: platform.now() + 15_000 });
    client.tryNow();
    expect(platform.sockets).toHaveLength(length + 2);
    harness.socket.fail(new Error('not yet'));
    expect(client.status).toMatchObject({ retryAt: platform.now() + 500 });
  });
});

describe('a network that may have changed', () => {
  it.each(['online', 'offline', 'seen'] as const)('makes the client ask, whatever came before: %s', async (change) => {
    const { client, platform } = start();
    await harness.goLive();
    await platform.pass(10_000);
    const book = { type: 'heartbeat', symbol: 'BTCUSDT', depth: 10, interval: 100, seq: 1 } as const;
    harness.socket.receive(book);
    platform.change(change);
    platform.change(change);
    expect(harness.socket.of('ping')).toHaveLength(1);
    // Was on its way.
    harness.socket.receive(book);
    await platform.pass(4_999);
    expect(client.status.state).toBe('connected');
    await platform.pass(1);
    expect(client.status).toMatchObject({ state: 'reconnecting', error: { message: 'nothing came from the gateway' } });
  });

  it('is asked for once a second', async () => {
    const { platform } = start();
    await harness.goLive();
    const answer = (): void => {
      harness.socket.receive({ type: 'pong', at: platform.now() });
    };
    for (let i = 0; i < 30; i++) {
      platform.change('seen');
      answer();
      await platform.pass(100);
    }
    // The last word is asked for as well, when its second is over.
    expect(harness.socket.of('ping')).toHaveLength(4);
  });
});

describe('a gateway that answers late', () => {
  it('is told as lagging, by what waits behind the backlog as well, until an answer is quick', async () => {
    const statuses: ClientStatus[] = [];
    const { client, platform } = start({ onStatus: (status) => statuses.push(status) });
    const book = client.book('BTCUSDT');
    await harness.goLive();
    let seq = 0;
    const stamp = { symbol: 'BTCUSDT', depth: 10, interval: 100, epoch: 'e', venueAt: 1, venueSeq: 1 };
    const sides = { bids: [], asks: [] };
    harness.socket.receive({
      ...{ type: 'snapshot', ...stamp, ...sides, priceScale: 0, sizeScale: 0 },
      ...{ at: platform.now(), seq },
    });
    const delta = (delayMs: number): void => {
      const at = platform.now() - delayMs;
      harness.socket.receive({ type: 'delta', ...stamp, ...sides, at, prev: seq, seq: ++seq });
    };
    await platform.pass(1_000);
    delta(0);
    expect([book.status, client.status]).toMatchObject(['live', { isLagging: false }]);
    await platform.pass(1_000);
    delta(14_000);
    expect([book.status, book.ageMs, client.status]).toMatchObject(['stale', 14_000, { isLagging: true }]);
    await platform.pass(0);
    expect(harness.socket.of('ping')).toHaveLength(1);
    await platform.pass(4_000);
    delta(0);
    harness.socket.receive({ type: 'pong', at: platform.now() });
    expect([book.status, client.status]).toMatchObject(['live', { isLagging: true }]);
    await platform.pass(50);
    expect(harness.socket.of('ping')).toHaveLength(2);
    harness.socket.receive({ type: 'pong', at: platform.now() });
    delta(0);
    expect([book.status, client.status]).toMatchObject(['live', { isLagging: false }]);
    expect(statuses.map((status) => status.state === 'connected' && status.isLagging)).toEqual([
      ...[false, false, true, false],
    ]);
  });
});

describe('what a gateway says of one feed or room', () => {
  it('is told of the books of that symbol, and to the members of that room alone', async () => {
    const { client, platform } = start();
    const books = ['BTCUSDT', 'ETHUSDT'].map((symbol) => client.book(symbol));
    const told: string[] = [];
    for (const name of ['a', 'b']) client.join(name, { onEvent: ({ type }) => told.push(`${name} ${type}`) });
    await harness.goLive();
    for (const name of ['a', 'b']) harness.joined(name, 0);
    for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
      const stamp = { symbol, depth: 10, interval: 100, epoch: 'e', venueAt: 1, venueSeq: 1, seq: 1 };
      const sides = { bids: [], asks: [], priceScale: 0, sizeScale: 0 };
      harness.socket.receive({ type: 'snapshot', ...stamp, ...sides, at: platform.now() });
    }
    const statuses = (): unknown[] => books.map(({ status }) => status);
    expect(statuses()).toEqual(['live', 'live']);
    harness.socket.receive({ type: 'stale', symbol: 'ETHUSDT' });
    expect(statuses()).toEqual(['live', 'stale']);
    harness.socket.receive({ type: 'fresh', symbol: 'ETHUSDT' });
    expect(statuses()).toEqual(['live', 'live']);
    told.length = 0;
    harness.socket.receive({ type: 'stale', room: 'b' });
    harness.socket.receive({ type: 'fresh', room: 'b' });
    expect([told, statuses()]).toEqual([
      ['b stale', 'b fresh'],
      ['live', 'live'],
    ]);
  });
});

describe('a client of many rooms', () => {
  it.each([
    ['its own rate', { maxFramesPerSecond: 10 }, 20],
    ['the rate that it has by default', {}, 90],
  ])('asks for them again at %s, so that no gateway refuses it', async (_, options, burst) => {
    const { client, platform } = start(options);
    for (let i = 0; i < 120; i++) client.join(`room-${String(i)}`);
    await harness.goLive();
    expect(harness.socket.sent).toHaveLength(burst);
    await platform.pass(1_000);
    expect(harness.socket.sent).toHaveLength(Math.min(120, burst * 1.5));
    await platform.pass(11_000);
    expect(harness.socket.of('join').length).toBeGreaterThanOrEqual(120);
    harness.socket.lose(1006);
    await platform.pass(2_000);
    await harness.goLive();
    expect(harness.socket.sent).toHaveLength(burst);
  });
});

describe('a client that was told the rates of its gateway', () => {
  it('keeps its joins to them, lets other requests pass, and does not send signals that would be refused', async () => {
    const { client, platform } = start();
    const rooms = Array.from({ length: 12 }, (_, i) => client.join(`room-${String(i)}`));
    const frames = { maxFramesPerSecond: 50, maxFrameBurst: 100 };
    const few = { maxJoinsPerSecond: 10, maxJoinBurst: 10, maxSignalsPerSecond: 10, maxSignalBurst: 10 };
    await harness.goLive({ ...frames, ...few });
    expect(harness.socket.of('join')).toHaveLength(9);
    void client.ping().catch(() => undefined);
    expect(harness.socket.of('ping')).toHaveLength(1);
    await platform.pass(112);
    expect(harness.socket.of('join')).toHaveLength(10);
    await platform.pass(300);
    expect(harness.socket.of('join')).toHaveLength(12);
    harness.joined('room-0', 0);
    const sent = Array.from({ length: 20 }, () => rooms[0]?.signal('typing'));
    expect(sent.filter((wasSent) => wasSent)).toHaveLength(9);
    expect(harness.socket.of('signal')).toHaveLength(9);
  });
});

describe('a room on a connection', () => {
  const refusal = { type: 'error', code: 'forbidden', message: 'no right', retryable: false } as const;

  it('is sent no signal before it is joined', async () => {
    const { client } = start();
    const room = client.join('lobby');
    await harness.goLive();
    expect(room.signal('typing')).toBe(false);
    harness.joined('lobby', 0);
    expect(room.signal('typing')).toBe(true);
    expect(harness.socket.of('signal')).toHaveLength(1);
  });

  it('is asked for again where a newer token may have taken the right to any', async () => {
    const { client } = start();
    for (const name of ['a', 'b']) client.join(name);
    await harness.goLive();
    for (const name of ['a', 'b']) harness.joined(name, 0);
    harness.socket.receive(refusal);
    expect(harness.socket.of('join').map(({ room }) => room)).toEqual(['a', 'b', 'a', 'b']);
  });

  it('stays joined where it is a request that was refused, however late', async () => {
    const { client, platform } = start();
    const room = client.join('lobby');
    await harness.goLive();
    harness.joined('lobby', 0);
    const published = expect(room.publish('x', { timeoutMs: 1_000 })).rejects.toMatchObject({ code: 'timedOut' });
    await platform.pass(1_000);
    await published;
    harness.socket.receive({ ...refusal, id: Number(harness.socket.of('publish')[0]?.id), room: 'lobby' });
    expect(harness.socket.of('join')).toHaveLength(1);
  });

  it('is not told that it is away when its client is closed', async () => {
    const told: string[] = [];
    const { client } = start();
    client.join('lobby', { onEvent: ({ type }) => told.push(type) });
    await harness.goLive();
    harness.joined('lobby', 0);
    client.close();
    expect(told).toEqual(['joined']);
  });
});

describe('a request', () => {
  it('that waited for a gateway that takes less than it has is refused, and does not end the session', async () => {
    const { client } = start();
    const published = expect(client.send('bob', 'x'.repeat(8_000))).rejects.toMatchObject({
      code: 'tooBig',
      mayBeStored: false,
    });
    await harness.goLive({ maxFrameBytes: 4_096 });
    await published;
    expect(harness.socket.of('publish')).toEqual([]);
    expect(client.status.state).toBe('connected');
  });
});

describe('a client that may send no more for now', () => {
  it('sends no signal either, which would be refused', async () => {
    const { client, platform } = start({ maxFramesPerSecond: 1 });
    const room = client.join('lobby');
    await harness.goLive();
    harness.joined('lobby', 0);
    expect([room.signal('typing'), room.signal('typing')]).toEqual([true, false]);
    await platform.pass(1_000);
    expect(room.signal('typing')).toBe(true);
    expect(harness.socket.of('signal')).toHaveLength(2);
  });

  it('says on no later connection that it leaves what was left on this one', async () => {
    const { client, platform } = start({ maxFramesPerSecond: 1 });
    const left = client.join('left');
    client.join('kept');
    await harness.goLive();
    harness.joined('left', 0);
    harness.joined('kept', 0);
    left.leave();
    expect(harness.socket.of('leave')).toEqual([]);
    harness.socket.lose(CLOSE_CODES.slowConsumer.code);
    await platform.pass(250);
    await harness.goLive();
    await platform.pass(5_000);
    expect(harness.socket.sent.map(({ type }) => type)).toEqual(['join']);
  });
});

describe("the cluster's time", () => {
  it('is known from what gateways say, whatever the clock here shows', async () => {
    const { client, platform } = start();
    expect(client.serverNow()).toBe(client.now());
    await platform.pass(1_000);
    await harness.goLive({ at: 1_000 - 2 * HOUR_MS - 300 });
    expect(client.serverNow() - client.now()).toBe(-2 * HOUR_MS - 300);
    await platform.pass(500);
    const measured = client.ping();
    await platform.pass(0);
    const id = Number(harness.socket.of('ping')[0]?.id);
    harness.socket.receive({ type: 'pong', id, at: platform.now() - 2 * HOUR_MS - 20 });
    await expect(measured).resolves.toBe(0);
    expect(client.serverNow() - client.now()).toBe(-2 * HOUR_MS - 20);
    harness.socket.lose(1006);
    expect(client.serverNow() - client.now()).toBe(-2 * HOUR_MS - 20);
  });

  it('alone says when a token is to be had anew', async () => {
    let fetches = 0;
    const { platform } = start({
      token: () => `t${String(++fetches)}`,
      pingAfterMs: HOUR_MS,
    });
    await harness.goLive({ at: -3 * HOUR_MS, expiresAt: -3 * HOUR_MS + 100_000, heartbeatMs: HOUR_MS });
    await platform.pass(79_000);
    expect(fetches).toBe(1);
    await platform.pass(1_500);
    expect(fetches).toBe(2);
  });
});
