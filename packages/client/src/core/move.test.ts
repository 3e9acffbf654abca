import { CLOSE_CODES, type ReceivedFrame } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ConnectOptions } from '../connection/options.ts';
import type { ClientStatus } from '../index.ts';
import type { Room } from '../room.ts';
import { ClientHarness } from '../testing/client-harness.ts';
import type { FakeSocket } from '../testing/fake-socket.ts';

const ANSWER_MS = 15_000;
const BOOK = { symbol: 'BTCUSDT', depth: 10, interval: 100 };
const STAMP = { ...BOOK, epoch: 'b', venueAt: 1, at: 0, venueSeq: 1 };

let harness: ClientHarness;
let statuses: ClientStatus[];

function start(options: ConnectOptions = {}): void {
  statuses = [];
  harness = new ClientHarness({ pingAfterMs: 86_400_000, onStatus: (status) => statuses.push(status), ...options });
}

beforeEach(() => {
  start();
});
afterEach(() => {
  harness.end();
});

/** So many milliseconds go by. */
function pass(ms: number): Promise<void> {
  return harness.platform.pass(ms);
}

/** Asks the client to move, and gives both sockets; the second one is open and not welcomed. */
async function drain({ reconnectInMs = 0 } = {}): Promise<{ before: FakeSocket; after: FakeSocket }> {
  const before = harness.socket;
  before.receive({ type: 'draining', reconnectInMs, openForMs: 10_000 });
  await pass(reconnectInMs);
  const after = harness.socket;
  expect(after).not.toBe(before);
  after.open();
  return { before, after };
}

function message(seq: number, room = 'lobby'): ReceivedFrame {
  return { type: 'message', room, from: 'bob', at: 0, data: seq, seq };
}

function joined(socket: FakeSocket, seq: number, details: { epoch?: string; room?: string } = {}): void {
  const { epoch = 'e', room = 'lobby' } = details;
  const id = socket.of('join').findLast((join) => join.room === room)?.id ?? 0;
  socket.receive({ type: 'joined', id, room, epoch, recovered: true, seq });
}

/** A client in a room that stands at 10, and what it is told there. */
async function enter(): Promise<{ room: Room; told: string[] }> {
  const told: string[] = [];
  const room = harness.client.join('lobby', {
    onEvent: (event) => told.push(event.type === 'message' ? String(event.seq) : event.type),
  });
  await harness.goLive();
  harness.joined('lobby', 10);
  told.length = 0;
  return { room, told };
}

describe('a client that is asked to move', () => {
  it('offers that it can', async () => {
    await pass(0);
    expect(harness.socket.protocols).toEqual(['outcry.v1.json', 'outcry.move']);
  });

  it('hears of a room where it is until it is there, then only there, and of each message once', async () => {
    const { room, told } = await enter();
    harness.client.join('other');
    joined(harness.socket, 0, { room: 'other' });
    const { before, after } = await drain();
    before.receive(message(11));
    after.welcome({ node: 'm' });
    expect(after.of('join')).toMatchObject([{ room: 'lobby', since: { epoch: 'e', seq: 11 } }, { room: 'other' }]);
    before.receive(message(12));
    before.receive({ type: 'signal', room: 'lobby', from: 'bob', name: 'typing' });
    joined(after, 11);
    after.receive(message(12));
    before.receive(message(13));
    before.receive({ type: 'signal', room: 'lobby', from: 'bob', name: 'typing' });
    after.receive(message(13));
    expect(told).toEqual(['11', '12', 'signal', 'joined', '13']);
    expect(room.position).toEqual({ epoch: 'e', seq: 13 });
    expect(before.isClosed).toBe(false);
    joined(after, 0, { room: 'other' });
    expect(before.isClosed).toBe(true);
    await pass(0);
    expect(statuses.slice(2)).toMatchObject([
      { state: 'connected', node: 'n', isDraining: true },
      { state: 'connected', node: 'm', isDraining: false },
    ]);
  });

  it('has no message twice where the room is numbered under another name meanwhile', async () => {
    const { told } = await enter();
    const { before, after } = await drain();
    after.welcome();
    before.receive(message(11));
    joined(after, 10, { epoch: 'f' });
    after.receive(message(11));
    after.receive(message(12));
    expect(told).toEqual(['11', 'joined', '12']);
  });

  it('leaves it to the new connection to tell what is missing where the old one says that something is', async () => {
    const { told } = await enter();
    const { before, after } = await drain();
    after.welcome();
    before.receive({ type: 'reset', room: 'lobby', epoch: 'e', seq: 20 });
    before.receive(message(21));
    expect(after.of('join')).toHaveLength(1);
    joined(after, 10);
    for (let seq = 11; seq <= 21; seq++) after.receive(message(seq));
    expect(told).toEqual(['joined', ...Array.from({ length: 11 }, (_, i) => String(i + 11))]);
  });

  it('waits for its own time before it does', async () => {
    await enter();
    harness.socket.receive({ type: 'draining', reconnectInMs: 3_000, openForMs: 10_000 });
    await pass(2_999);
    expect(harness.platform.sockets).toHaveLength(1);
    await pass(1);
    expect(harness.platform.sockets).toHaveLength(2);
  });

  it('does not where the gateway does not say for how long it stays open', async () => {
    await enter();
    harness.socket.receive({ type: 'draining', reconnectInMs: 0 });
    await pass(1_000);
    expect(harness.platform.sockets).toHaveLength(1);
  });

  it('does not where it is closed before its time', async () => {
    const { room } = await enter();
    harness.socket.receive({ type: 'draining', reconnectInMs: 3_000, openForMs: 10_000 });
    await pass(1_000);
    harness.client.close();
    await pass(3_000);
    await expect(room.publish('x')).rejects.toMatchObject({ code: 'closed' });
    expect(harness.platform.sockets).toHaveLength(1);
  });

  it('does so once, however often it is asked', async () => {
    await enter();
    const { before } = await drain();
    before.receive({ type: 'draining', reconnectInMs: 0, openForMs: 10_000 });
    await pass(100);
    expect(harness.platform.sockets).toHaveLength(2);
  });

  it('moves on where it was asked to again, by the gateway that it has come to', async () => {
    await enter();
    const { before, after } = await drain();
    after.welcome();
    after.receive({ type: 'draining', reconnectInMs: 0, openForMs: 10_000 });
    joined(after, 10);
    await pass(0);
    expect(before.isClosed).toBe(true);
    expect(harness.platform.sockets).toHaveLength(3);
    harness.socket.open();
    harness.socket.welcome({ node: 'third' });
    joined(harness.socket, 10);
    expect([after.isClosed, harness.client.status]).toMatchObject([true, { node: 'third', isDraining: false }]);
  });

  it('asks for a token of its own for the new connection, and says it where the handshake cannot', async () => {
    harness.end();
    let given = 0;
    start({ token: () => `ann:${String((given += 1))}` });
    await harness.goLive();
    const ack = (socket: FakeSocket): void => {
      socket.receive({ type: 'ack', id: Number(socket.of('auth').at(-1)?.id), user: 'ann' });
    };
    ack(harness.socket);
    const { before, after } = await drain();
    expect(after.of('auth')).toMatchObject([{ token: 'ann:2' }]);
    after.welcome();
    expect(before.isClosed).toBe(false);
    ack(after);
    expect(before.isClosed).toBe(true);
  });
});

describe('a client that is asked to make room', () => {
  function askToMakeRoom(): void {
    harness.socket.receive({ type: 'draining', reconnectInMs: 0, openForMs: 60_000, stays: true });
  }

  it('moves, and nobody is told that the gateway goes', async () => {
    await enter();
    askToMakeRoom();
    await pass(0);
    harness.socket.open();
    harness.socket.welcome({ node: 'm' });
    joined(harness.socket, 10);
    await pass(0);
    expect(harness.client.status).toMatchObject({ node: 'm' });
    expect(statuses.filter((status) => status.state === 'connected' && status.isDraining)).toEqual([]);
  });

  it('does so once in an hour, from whatever gateway, and moves all the same from one that shuts down', async () => {
    harness.end();
    start({ pongTimeoutMs: 86_400_000 });
    await enter();
    askToMakeRoom();
    await pass(0);
    harness.socket.open();
    harness.socket.welcome();
    joined(harness.socket, 10);
    await pass(3_599_999);
    askToMakeRoom();
    await pass(0);
    expect(harness.platform.sockets).toHaveLength(2);
    await pass(1);
    askToMakeRoom();
    await pass(0);
    expect(harness.platform.sockets).toHaveLength(3);
    harness.socket.open();
    harness.socket.welcome();
    joined(harness.socket, 10);
    await drain();
    expect(harness.platform.sockets).toHaveLength(4);
  });
});

describe('what is asked during a move', () => {
  it('goes where the client is, until everything is on the other connection and each of these has its answer', async () => {
    const { room } = await enter();
    const { before, after } = await drain();
    after.welcome();
    const first = room.publish('first', { key: 'one' });
    expect(before.of('publish')).toMatchObject([{ data: 'first' }]);
    joined(after, 10);
    const second = room.publish('second', { key: 'two' });
    await pass(1_000);
    expect([before.isClosed, before.of('publish').length, after.of('publish').length]).toEqual([false, 1, 0]);
    before.receive({ type: 'ack', id: Number(before.of('publish')[0]?.id), epoch: 'e', seq: 11 });
    expect(await first).toEqual({ epoch: 'e', seq: 11 });
    expect([before.isClosed, after.of('publish')]).toMatchObject([true, [{ data: 'second', key: 'two' }]]);
    after.receive({ type: 'ack', id: Number(after.of('publish')[0]?.id), epoch: 'e', seq: 12 });
    expect(await second).toEqual({ epoch: 'e', seq: 12 });
  });

  it('is asked again under its key on the other connection where no answer comes', async () => {
    const { room } = await enter();
    const { before, after } = await drain();
    after.welcome();
    const published = room.publish('x', { key: 'one' });
    joined(after, 10);
    await pass(1_999);
    expect(after.of('publish')).toEqual([]);
    await pass(1);
    expect([before.isClosed, after.of('publish')]).toMatchObject([true, [{ data: 'x', key: 'one' }]]);
    after.receive({ type: 'ack', id: Number(after.of('publish')[0]?.id), epoch: 'e', seq: 11 });
    expect(await published).toEqual({ epoch: 'e', seq: 11 });
  });

  it('is waited for alone once all that was there is on the other connection, whatever is opened then', async () => {
    const { room } = await enter();
    const { before, after } = await drain();
    after.welcome();
    const published = room.publish('x', { key: 'one' });
    joined(after, 10);
    harness.client.join('other');
    expect(before.isClosed).toBe(false);
    before.receive({ type: 'ack', id: Number(before.of('publish')[0]?.id), epoch: 'e', seq: 11 });
    expect(await published).toEqual({ epoch: 'e', seq: 11 });
    expect(before.isClosed).toBe(true);
  });

  it('waits, of a room that is opened meanwhile, for the connection on which that is joined', async () => {
    await enter();
    const { before, after } = await drain();
    after.welcome();
    const other = harness.client.join('other');
    expect([before.of('join').length, after.of('join').map(({ room }) => room)]).toEqual([1, ['lobby', 'other']]);
    joined(after, 0, { room: 'other' });
    const published = other.publish('x');
    published.catch(() => undefined);
    await pass(100);
    expect([...before.of('publish'), ...after.of('publish')]).toEqual([]);
    joined(after, 10);
    expect(after.of('publish')).toMatchObject([{ room: 'other' }]);
  });

  it('is told to both gateways where it is that a room is left or a book closed', async () => {
    const { room } = await enter();
    harness.client.join('other');
    joined(harness.socket, 0, { room: 'other' });
    const book = harness.client.book('BTCUSDT');
    const { before, after } = await drain();
    after.welcome();
    room.leave();
    book.close();
    for (const socket of [before, after]) {
      expect(socket.of('leave')).toMatchObject([{ room: 'lobby' }]);
      expect(socket.of('unsubscribe')).toMatchObject([BOOK]);
    }
  });
});

describe('a book during a move', () => {
  const levels = { bids: [['1.00', '6']], asks: [] } as const;
  const snapshot = (socket: FakeSocket, seq: number): void => {
    const sides = { bids: [['1.00', '5']], asks: [['1.01', '7']] } as const;
    socket.receive({ type: 'snapshot', ...STAMP, ...sides, priceScale: 2, sizeScale: 0, seq });
  };
  const delta = (socket: FakeSocket, prev: number, seq: number): void => {
    socket.receive({ type: 'delta', ...STAMP, ...levels, prev, seq });
  };

  it('goes on where the client is until it begins on the other connection, and is never old', async () => {
    const told: string[] = [];
    harness.client.book('BTCUSDT', { onChange: ({ type }) => told.push(type) });
    await harness.goLive();
    snapshot(harness.socket, 7);
    told.length = 0;
    const { before, after } = await drain();
    after.welcome();
    expect(after.of('subscribe')).toMatchObject([BOOK]);
    delta(before, 7, 9);
    expect(before.isClosed).toBe(false);
    snapshot(after, 9);
    delta(before, 9, 10);
    before.receive({ type: 'stale', symbol: 'BTCUSDT' });
    delta(after, 9, 10);
    expect(told).toEqual(['delta', 'snapshot', 'delta']);
    expect(before.isClosed).toBe(true);
  });

  it('is heard where it has begun alone, while others are where they were', async () => {
    const told: string[] = [];
    await enter();
    harness.client.book('BTCUSDT', { onChange: ({ type }) => told.push(type) });
    snapshot(harness.socket, 7);
    const { before, after } = await drain();
    after.welcome();
    before.receive({ type: 'lagging', bufferedBytes: 1 });
    snapshot(after, 9);
    told.length = 0;
    delta(before, 9, 10);
    for (const type of ['stale', 'fresh'] as const) before.receive({ type, symbol: 'BTCUSDT' });
    before.receive({ type: 'lagging', bufferedBytes: 1 });
    before.receive({ type: 'heartbeat', ...BOOK, seq: 12 });
    expect([told, before.isClosed]).toEqual([[], false]);
    after.receive({ type: 'lagging', bufferedBytes: 1 });
    delta(after, 9, 10);
    expect(told).toEqual(['stale', 'delta', 'fresh']);
  });

  it('is asked for once, also where it goes wrong on the old connection meanwhile', async () => {
    harness.client.book('BTCUSDT');
    await harness.goLive();
    snapshot(harness.socket, 7);
    const { before, after } = await drain();
    after.welcome();
    delta(before, 8, 9);
    await pass(100);
    expect(after.of('subscribe')).toHaveLength(1);
    snapshot(after, 9);
  });
});

describe('what the other gateway refuses during a move', () => {
  const refuse = (socket: FakeSocket, type: 'join' | 'subscribe', retryable: boolean): void => {
    const id = Number(socket.of(type).at(-1)?.id);
    socket.receive({ type: 'error', id, code: 'unavailable', message: 'not now', retryable });
  };

  it('is heard where it was, and asked for again there', async () => {
    const changes: string[] = [];
    const { told } = await enter();
    harness.client.book('BTCUSDT', { onChange: ({ type }) => changes.push(type) });
    const snapshot = { type: 'snapshot', ...STAMP, bids: [], asks: [], priceScale: 2, sizeScale: 0 } as const;
    harness.socket.receive({ ...snapshot, seq: 7 });
    const { before, after } = await drain();
    after.welcome();
    changes.length = 0;
    refuse(after, 'join', true);
    refuse(after, 'subscribe', true);
    before.receive(message(11));
    before.receive({ type: 'delta', ...STAMP, bids: [], asks: [], prev: 7, seq: 9 });
    expect([told, changes]).toEqual([['11'], ['delta']]);
    await pass(2_000);
    expect(after.of('join').at(-1)).toMatchObject({ since: { epoch: 'e', seq: 11 } });
    expect([after.of('join'), after.of('subscribe')].map(({ length }) => length)).toEqual([2, 2]);
    joined(after, 11);
    after.receive({ ...snapshot, seq: 9 });
    expect([told, changes, before.isClosed]).toEqual([['11', 'joined'], ['delta', 'snapshot'], true]);
  });

  it('has the last word where it is for good, and nothing more comes from where it was', async () => {
    const { room, told } = await enter();
    harness.client.join('other');
    joined(harness.socket, 0, { room: 'other' });
    const { before, after } = await drain();
    after.welcome();
    const id = Number(after.of('join').find((join) => join.room === 'lobby')?.id);
    after.receive({ type: 'error', id, code: 'forbidden', message: 'no right', retryable: false });
    before.receive(message(11));
    expect([room.status, told]).toEqual(['failed', []]);
    joined(after, 0, { room: 'other' });
    expect(before.isClosed).toBe(true);
  });
});

describe('a room out of which the server takes the client during a move', () => {
  it('is left where it is heard, and not where it was before', async () => {
    const { room, told } = await enter();
    harness.client.join('other');
    joined(harness.socket, 0, { room: 'other' });
    const { before, after } = await drain();
    after.welcome();
    joined(after, 10);
    before.receive({ type: 'left', room: 'lobby' });
    after.receive(message(11));
    expect([room.status, told]).toEqual(['joined', ['joined', '11']]);
    after.receive({ type: 'left', room: 'lobby' });
    expect(room.status).toBe('failed');
  });
});

describe('a move that fails', () => {
  it('is tried again, and nothing changes where the client is', async () => {
    const { told } = await enter();
    const { before, after } = await drain();
    after.lose(1006);
    await harness.untilSockets(3);
    before.receive(message(11));
    expect(told).toEqual(['11']);
    harness.socket.open();
    harness.socket.welcome({ node: 'm' });
    joined(harness.socket, 11);
    expect(harness.client.status).toMatchObject({ node: 'm', isDraining: false });
    expect(statuses.map(({ state }) => state)).toEqual(['connecting', 'connected', 'connected', 'connected']);
  });

  it('where some rooms were there already has these go on from where they are', async () => {
    const { told } = await enter();
    const { before, after } = await drain();
    harness.client.join('other');
    after.welcome();
    // The other one has no answer yet where it was asked for, which is waited for.
    expect(after.of('join').map(({ room }) => room)).toEqual(['lobby']);
    joined(after, 10);
    after.receive(message(11));
    after.lose(1006);
    expect(before.of('join').at(-1)).toMatchObject({ room: 'lobby', since: { epoch: 'e', seq: 11 } });
    joined(before, 11);
    before.receive(message(12));
    expect(told).toEqual(['joined', '11', 'away', 'joined', '12']);
  });

  it('where nothing was answered yet asks again for what it had asked for there alone', async () => {
    const { told } = await enter();
    const { before, after } = await drain();
    after.welcome();
    harness.client.join('other');
    expect(after.of('join').map(({ room }) => room)).toEqual(['lobby', 'other']);
    after.lose(1006);
    expect(before.of('join').map(({ room }) => room)).toEqual(['lobby', 'other']);
    before.receive(message(11));
    expect(told).toEqual(['11']);
  });

  it('when all but an answer is there goes back to where it was, with what is asked from then on', async () => {
    const { room, told } = await enter();
    const { before, after } = await drain();
    after.welcome();
    const published = ['first', 'second'].map((key) => {
      const publication = room.publish(key, { key });
      if (key === 'first') joined(after, 10);
      return publication;
    });
    expect(before.of('publish')).toMatchObject([{ key: 'first' }]);
    after.lose(1006);
    joined(before, 10);
    expect(before.of('publish')).toMatchObject([{ key: 'first' }, { key: 'second' }]);
    for (const [i, { id }] of before.of('publish').entries()) {
      before.receive({ type: 'ack', id: Number(id), epoch: 'e', seq: 11 + i });
    }
    expect(await Promise.all(published)).toMatchObject([{ seq: 11 }, { seq: 12 }]);
    expect(told).toEqual(['joined', 'away', 'joined']);
  });

  it('for good leaves the client where it is, until that ends', async () => {
    const { told } = await enter();
    const { before, after } = await drain();
    after.lose(CLOSE_CODES.quotaExceeded.code, CLOSE_CODES.quotaExceeded.reason);
    await pass(20_000);
    expect(harness.platform.sockets).toHaveLength(2);
    before.receive(message(11));
    expect([harness.client.status.state, told]).toEqual(['connected', ['11']]);
    before.lose(CLOSE_CODES.restart.code, CLOSE_CODES.restart.reason);
    await pass(0);
    expect(harness.platform.sockets).toHaveLength(3);
  });

  it('for good does not keep it from moving where it is asked to again', async () => {
    await enter();
    const { before, after } = await drain();
    after.lose(CLOSE_CODES.quotaExceeded.code, CLOSE_CODES.quotaExceeded.reason);
    before.receive({ type: 'draining', reconnectInMs: 0, openForMs: 10_000 });
    await pass(0);
    expect(harness.platform.sockets).toHaveLength(3);
    harness.socket.open();
    harness.socket.welcome({ node: 'm' });
    joined(harness.socket, 10);
    expect(harness.client.status).toMatchObject({ state: 'connected', node: 'm' });
  });

  it('does so with what cannot be had there: the rest goes on without it', async () => {
    const { told } = await enter();
    harness.client.join('other');
    joined(harness.socket, 0, { room: 'other' });
    const { before, after } = await drain();
    after.welcome();
    joined(after, 10);
    await pass(7_999);
    expect(before.isClosed).toBe(false);
    await pass(1);
    expect([before.isClosed, told]).toEqual([true, ['joined']]);
    await pass(ANSWER_MS - 8_000);
    expect(after.of('join').at(-1)).toMatchObject({ room: 'other' });
  });
});

describe('a connection that ends before the client has moved', () => {
  it('is lost as any other where there is no session on the next one yet', async () => {
    const { told } = await enter();
    const { before, after } = await drain();
    before.lose(CLOSE_CODES.restart.code, CLOSE_CODES.restart.reason);
    expect([told, after.isClosed, harness.client.status.state]).toEqual([['away'], true, 'reconnecting']);
    await pass(0);
    expect(harness.platform.sockets).toHaveLength(3);
  });

  it('leaves what is on the next one where it is, and the client connected', async () => {
    const { room, told } = await enter();
    const { before, after } = await drain();
    harness.client.join('other');
    after.welcome({ node: 'm' });
    joined(after, 10);
    const published = room.publish('x', { key: 'one' });
    published.catch(() => undefined);
    before.lose(CLOSE_CODES.restart.code, CLOSE_CODES.restart.reason);
    expect([told, harness.client.status]).toMatchObject([['joined'], { state: 'connected', node: 'm' }]);
    expect(after.of('publish')).toMatchObject([{ key: 'one' }]);
    expect(after.of('join').map(({ room: name }) => name)).toEqual(['lobby', 'other']);
  });

  it('for good ends the client, and the next one with it', async () => {
    await enter();
    const { before, after } = await drain();
    before.lose(CLOSE_CODES.revoked.code, CLOSE_CODES.revoked.reason);
    expect([harness.client.status.state, after.isClosed]).toEqual(['closed', true]);
  });
});
