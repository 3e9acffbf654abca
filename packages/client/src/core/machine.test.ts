import { CLOSE_CODES } from '@outcry/protocol';
import { afterEach, describe, expect, it } from 'vitest';

import type { ConnectOptions } from '../connection/options.ts';
import type { ClientStatus } from './status.ts';
import { ClientHarness } from '../testing/client-harness.ts';
import { FakeSocket } from '../testing/fake-socket.ts';

const STAMP = { symbol: 'BTCUSDT', depth: 10, interval: 100, venueAt: 1, venueSeq: 1 };
const REFUSAL = { type: 'error', code: 'forbidden', message: 'no right', retryable: false } as const;
let harness: ClientHarness;

function start(options: ConnectOptions = {}): ClientHarness {
  harness = new ClientHarness(options);
  return harness;
}

function snapshot(): void {
  const sides = { bids: [], asks: [], priceScale: 0, sizeScale: 0 };
  harness.socket.receive({ type: 'snapshot', ...STAMP, epoch: 'e', ...sides, at: harness.platform.now(), seq: 0 });
}

/** The change of the book behind number `prev`, so many milliseconds late. */
function delta(prev: number, lateMs: number): void {
  const at = harness.platform.now() - lateMs;
  harness.socket.receive({ type: 'delta', ...STAMP, bids: [], asks: [], at, prev, seq: prev + 1 });
}

function heartbeat(seq: number): void {
  const { symbol, depth, interval } = STAMP;
  harness.socket.receive({ type: 'heartbeat', symbol, depth, interval, seq });
}

function pong(): void {
  harness.socket.receive({ type: 'pong', at: harness.platform.now() });
}

/** The id of the latest request of a type. */
function lastId(type: 'join' | 'auth' | 'publish'): number {
  return Number(harness.socket.of(type).at(-1)?.id);
}

afterEach(() => {
  harness.end();
});

describe('what is opened on a connection', () => {
  it('is asked for at once, and what is closed is unsubscribed from at once', async () => {
    const { client } = start();
    await harness.goLive();
    const room = client.join('lobby');
    expect(harness.socket.sent.map(({ type }) => type)).toEqual(['join']);
    const book = client.book('BTCUSDT');
    expect(harness.socket.sent.map(({ type }) => type)).toEqual(['join', 'subscribe']);
    harness.joined('lobby', 0);
    book.close();
    expect(harness.socket.sent.slice(2).map(({ type }) => type)).toEqual(['unsubscribe']);
    room.leave();
    expect(harness.socket.sent.slice(2).map(({ type }) => type)).toEqual(['unsubscribe', 'leave']);
  });

  it('is taken leave of at once, however much was closed before there was a connection', async () => {
    const { client } = start();
    for (let i = 0; i < 20; i++) {
      client.join(`room-${String(i)}`).leave();
      client.book('BTCUSDT', { depth: i }).close();
    }
    await harness.goLive();
    const room = client.join('lobby');
    const book = client.book('BTCUSDT');
    room.leave();
    book.close();
    expect(harness.socket.sent.map(({ type }) => type)).toEqual(['join', 'subscribe', 'leave', 'unsubscribe']);
  });
});

describe('an inbox', () => {
  it('that goes on from a position does so also where it is opened before anybody knows whose it is', async () => {
    const { client } = start();
    client.inbox({ since: { epoch: 'e', seq: 7 } });
    await harness.goLive();
    expect(harness.socket.of('join')).toMatchObject([{ room: '@ann', since: { epoch: 'e', seq: 7 } }]);
  });
});

describe('a room that is refused', () => {
  it('takes with it at once what was to be said in it', async () => {
    const { client } = start();
    const published = client.join('vault').publish('x');
    await harness.goLive();
    harness.socket.receive({ ...REFUSAL, id: lastId('join') });
    await expect(published).rejects.toMatchObject({ code: 'forbidden', message: 'no right' });
  });
});

describe('a room that is joined', () => {
  it('is not asked for again for what else a gateway refuses, nor for how long it is joined', async () => {
    const { client, platform } = start();
    client.join('lobby');
    await harness.goLive();
    harness.joined('lobby', 0);
    harness.socket.receive({ type: 'error', code: 'rateLimited', message: 'too fast', retryable: true });
    await platform.pass(16_000);
    pong();
    expect(harness.socket.of('join')).toHaveLength(1);
  });
});

describe('a signal', () => {
  it('may have as many bytes as the gateway takes', async () => {
    const { client } = start();
    const room = client.join('lobby');
    await harness.goLive();
    harness.joined('lobby', 0);
    room.signal('drawing', 'x');
    const bytes = JSON.stringify(harness.socket.of('signal')[0]).length;
    harness.socket.lose(CLOSE_CODES.slowConsumer.code);
    await harness.platform.pass(250);
    await harness.goLive({ maxFrameBytes: bytes });
    harness.joined('lobby', 0, { recovered: true });
    expect(() => room.signal('drawing', 'xx')).toThrow(`${String(bytes + 1)} bytes, and the gateway takes`);
    expect(room.signal('drawing', 'x')).toBe(true);
  });
});

describe('a client that ends while it connects', () => {
  it('tells what waits at once that its token was refused', async () => {
    const { client } = start({ token: 'ann:1' });
    const published = client.send('bob', 'x');
    await harness.goLive();
    harness.socket.receive({ ...REFUSAL, id: lastId('auth'), code: 'unauthenticated', message: 'not this one' });
    await expect(published).rejects.toMatchObject({ code: 'unauthenticated', message: 'not this one' });
  });

  it('says no more why no socket could be made', async () => {
    const statuses: ClientStatus[] = [];
    const sockets: FakeSocket[] = [];
    const { client, platform } = start({
      webSocket: (_url, protocols) => {
        if (sockets.length > 0) throw new Error('none left');
        const socket = new FakeSocket(protocols);
        sockets.push(socket);
        return socket;
      },
      onStatus: (status) => {
        statuses.push(status);
        if (status.state === 'reconnecting' && status.retryAt === undefined) harness.client.close();
      },
    });
    sockets[0]?.lose(CLOSE_CODES.restart.code, CLOSE_CODES.restart.reason);
    await platform.pass(500);
    expect(client.status).toEqual({ state: 'closed', error: undefined });
    expect(statuses.map(({ state }) => state)).toEqual(['connecting', 'reconnecting', 'reconnecting', 'closed']);
  });
});

describe('several books', () => {
  it('are each told what is theirs', async () => {
    const { client } = start();
    const books = ['BTCUSDT', 'ETHUSDT'].map((symbol) => client.book(symbol));
    await harness.goLive();
    snapshot();
    expect(books.map(({ status }) => status)).toEqual(['live', 'loading']);
  });
});

describe('a book', () => {
  it('is asked for at once on the next connection, however soon that comes', async () => {
    const { client, platform } = start();
    client.book('BTCUSDT');
    await harness.goLive();
    snapshot();
    harness.socket.lose(CLOSE_CODES.reconnect.code);
    await platform.pass(125);
    await harness.goLive();
    expect(harness.socket.of('subscribe')).toHaveLength(1);
  });

  it('that was refused for now waits on the next connection as if it had never been', async () => {
    const { client, platform } = start({ random: () => 0.5 } as ConnectOptions);
    client.book('BTCUSDT');
    const refusals = async (): Promise<readonly number[]> => {
      const waits: number[] = [];
      for (let i = 1; i <= 3; i++) {
        const begunAt = platform.now();
        const id = Number(harness.socket.of('subscribe').at(-1)?.id);
        harness.socket.receive({ type: 'error', id, code: 'unavailable', message: 'later', retryable: true });
        while (harness.socket.of('subscribe').length === i) await platform.pass(10);
        waits.push(platform.now() - begunAt);
      }
      return waits;
    };
    await harness.goLive();
    const first = await refusals();
    harness.socket.lose(CLOSE_CODES.reconnect.code);
    await platform.pass(125);
    await harness.goLive();
    expect([first, await refusals()]).toEqual([
      [500, 1_000, 2_000],
      [500, 1_000, 2_000],
    ]);
  });

  it('that is opened anew says nothing of the connection by what was on its way to the one before', async () => {
    const { client } = start();
    const first = client.book('BTCUSDT');
    await harness.goLive();
    snapshot();
    first.close();
    client.book('BTCUSDT');
    delta(0, 0);
    expect(client.status).toMatchObject({ state: 'connected', isLagging: false });
  });
});

describe('a quiet book on a connection on which things are late', () => {
  it('is stale with it, and live with the first heartbeat behind a quick answer', async () => {
    const { client, platform } = start({ pingAfterMs: 10_000 });
    const book = client.book('BTCUSDT');
    await harness.goLive();
    snapshot();
    for (let second = 1; second <= 12; second++) {
      await platform.pass(1_000);
      heartbeat(0);
    }
    client.tryNow();
    await platform.pass(1_000);
    heartbeat(0);
    expect([book.status, harness.socket.of('ping').length]).toEqual(['live', 1]);
    await platform.pass(2_000);
    heartbeat(0);
    expect([book.status, client.status]).toMatchObject(['stale', { isLagging: true }]);
    pong();
    await platform.pass(100);
    pong();
    expect([book.status, client.status]).toMatchObject(['stale', { isLagging: false }]);
    heartbeat(0);
    expect(book.status).toBe('live');
  });

  it('is live again also where a heartbeat comes between the question and its answer', async () => {
    const { client, platform } = start();
    const book = client.book('BTCUSDT');
    await harness.goLive();
    snapshot();
    await platform.pass(1_000);
    delta(0, 5_000);
    expect(book.status).toBe('stale');
    await platform.pass(20);
    heartbeat(1);
    await platform.pass(20);
    pong();
    expect([book.status, client.status]).toMatchObject(['stale', { isLagging: false }]);
    heartbeat(1);
    expect(book.status).toBe('live');
  });
});
