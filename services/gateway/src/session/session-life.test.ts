import { OutcryError } from '@outcry/broker';
import { CLOSE_CODES, createCodecs, Encoding } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { identityOf } from '../identity/identity.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';
import { FakeFeed } from '../testing/fake-feed.ts';
import { Session } from './session.ts';

const PING = JSON.stringify({ type: 'ping' });

describe('the life of a session', () => {
  let feed: FakeFeed;
  let gateway: TestGateway;
  let ann: TestClient;
  beforeEach(async () => {
    feed = new FakeFeed();
    gateway = await createTestGateway({ feed, limits: { maxFrameBytes: 500 } });
    ann = gateway.connect('ann');
  });
  afterEach(async () => {
    vi.useRealTimers();
    await gateway.stop();
  });

  async function metrics(): Promise<string> {
    return gateway.services.metrics.registry.metrics();
  }

  it('begins with all that a client has to know', () => {
    const ends = gateway.connect({ ...identityOf('bob', { isGuest: false }), expiresAt: 5000 });
    expect(ends.socket.framesOf('welcome')).toEqual([
      {
        type: 'welcome',
        connection: ends.session.connection,
        node: 'test',
        user: 'bob',
        at: expect.any(Number) as number,
        heartbeatMs: gateway.services.facts.heartbeatMs,
        resumeWindowMs: gateway.services.facts.resumeWindowMs,
        maxFrameBytes: 500,
        maxRooms: 128,
        maxSubscriptions: 64,
        ...gateway.services.meters.told,
        expiresAt: 5000,
      },
    ]);
    expect(ann.socket.framesOf('welcome')[0]).not.toHaveProperty('expiresAt');
  });

  it('can move where its client says so, and not where it says nothing of it', () => {
    const options = { connection: 'c', address: '192.0.2.1', encoding: Encoding.Json } as const;
    const [socket, identity] = [ann.socket, identityOf('ann', { isGuest: false })];
    const canMove = [{}, { canMove: false }, { canMove: true }].map(
      (more) => new Session({ ...options, socket, identity, ...more }, gateway.services).canMove,
    );
    expect(canMove).toEqual([false, false, true]);
  });

  it('is told of as open, under the name that it takes, until it ends', async () => {
    const told: string[] = [];
    const toldConnections = {
      of: (connection: string) => ({
        show: ({ user }: { user: string }) => told.push(`${connection} ${user}`),
        close: () => told.push(`${connection} closed`),
      }),
    };
    const services = { ...gateway.services, toldConnections } as unknown as typeof gateway.services;
    const options = { connection: 'c', address: '192.0.2.1', encoding: Encoding.Json, socket: ann.socket } as const;
    const session = new Session({ ...options, identity: identityOf('guest-1', { isGuest: true }) }, services);
    expect(told).toEqual([]);
    session.start();
    await session.takeIdentity(identityOf('bob', { isGuest: false }));
    session.closed(1000);
    expect(told).toEqual(['c guest-1', 'c bob', 'c closed']);
  });

  it('is known by what it is and by what it reads, of which the first ten are named', async () => {
    const known = {
      ...{ name: ann.session.connection, address: '192.0.2.1', endpoint: '/ws', encoding: 'json' },
      openedAt: expect.closeTo(Date.now(), -5) as number,
    };
    const nothing = { names: [], count: 0 };
    expect(ann.session.details).toEqual({ ...known, rooms: nothing, books: nothing });
    feed.announce('X');
    const head = { symbol: 'X', epoch: 'e1', seq: 1, venueSeq: 1, venueAt: 1, at: 1 };
    feed.storeSnapshot({ ...head, bids: [[100, 1]], asks: [[101, 1]], priceScale: 1, sizeScale: 0 });
    ann.send({ type: 'subscribe', id: 'book', symbol: 'X', depth: 10, interval: 0 });
    const rooms = Array.from({ length: 12 }, (_, i) => `room-${String(i)}`);
    for (const room of rooms) ann.send({ type: 'join', id: room, room });
    await vi.waitUntil(() => ann.socket.framesOf('joined').length === 2 + rooms.length);
    await vi.waitUntil(() => ann.socket.framesOf('snapshot').length === 1);
    expect(ann.session.details).toEqual({
      ...known,
      rooms: { names: rooms.slice(0, 10), count: 12 },
      books: { names: ['X/10/0'], count: 1 },
    });
  });

  it('is one of the open connections until it ends, and then one of those that have', async () => {
    gateway.services.connections.add(ann.session);
    expect(await metrics()).toContain('outcry_gateway_connections{encoding="json"} 1');
    ann.session.closed(1000);
    expect(await metrics()).toContain('outcry_gateway_connections{encoding="json"} 0');
    expect(await metrics()).toContain('outcry_gateway_closes_total{code="1000"} 1');
    expect(gateway.services.connections.size).toBe(0);
  });

  it.each([
    [Encoding.Json, true],
    [Encoding.Msgpack, false],
  ])('ends with unsupportedData where frames of %s come as those of the other kind', (encoding, isBinary) => {
    const { session, socket } = gateway.connect('bob', encoding);
    session.received(Buffer.from(PING), isBinary);
    expect(socket.closeCode).toEqual(CLOSE_CODES.unsupportedData);
    expect(socket.framesOf('pong')).toEqual([]);
  });

  it('ends with tooBig at a frame that is larger than may be, and not at one that is as large', async () => {
    const { session, socket } = gateway.connect('bob');
    session.received(Buffer.from(PING.padEnd(500)), false);
    expect(socket.framesOf('pong')).toHaveLength(1);
    expect(socket.closeCode).toBeUndefined();
    session.received(Buffer.from(PING.padEnd(501)), false);
    expect(socket.closeCode).toEqual(CLOSE_CODES.tooBig);
    expect(socket.framesOf('pong')).toHaveLength(1);
    expect(await metrics()).toContain('outcry_gateway_messages_in_total{encoding="json"} 2');
    expect(await metrics()).toContain('outcry_gateway_bytes_in_total{encoding="json"} 1001');
  });

  it('was heard of last when a frame came, or a sign of life', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    for (const hears of [
      () => {
        ann.send({ type: 'ping' });
      },
      () => {
        ann.session.alive();
      },
    ]) {
      vi.advanceTimersByTime(1000);
      hears();
      expect(ann.session.lastHeardAt).toBe(performance.now());
    }
  });

  it('speaks both encodings, live and replayed', async () => {
    const codec = createCodecs().msgpack;
    const bob = gateway.connect('bob', Encoding.Msgpack);
    const ask = (frame: Parameters<typeof codec.encodeClient>[0]): void => {
      bob.session.received(codec.encodeClient(frame) as Uint8Array, true);
    };
    ask({ type: 'join', room: 'lobby' });
    ask({ type: 'publish', id: 1, room: 'lobby', data: 'hi' });
    await vi.waitUntil(() => bob.socket.framesOf('message').length === 1);
    ann.send({ type: 'join', room: 'lobby', history: 1 });
    ask({ type: 'join', room: 'lobby', history: 1 });
    await vi.waitUntil(() => ann.socket.framesOf('message').length + bob.socket.framesOf('message').length === 3);
    for (const { socket } of [ann, bob]) {
      expect(socket.framesOf('message').at(-1)).toMatchObject({ room: 'lobby', from: 'bob', data: 'hi', seq: 1 });
    }
  });

  it('counts what it refuses', async () => {
    ann.send({ type: 'publish', id: 1, room: 'lobby', data: 1 });
    expect(ann.socket.framesOf('error')).toMatchObject([{ id: 1, code: 'notJoined' }]);
    expect(await metrics()).toContain('outcry_gateway_errors_total{code="notJoined"} 1');
  });

  it('counts each frame that is lost, whether this gateway saw it lost or its transport', async () => {
    ann.session.overflowed();
    ann.socket.outcome = 'dropped';
    ann.send({ type: 'ping' });
    expect(await metrics()).toContain('outcry_gateway_overflows_total 2');
  });

  it('says and does nothing more once it has ended, whatever it still waits for', async () => {
    await vi.waitUntil(() => ann.socket.framesOf('joined').length === 2);
    const failing = vi.spyOn(feed, 'listInstruments').mockRejectedValueOnce(new Error('a fault'));
    ann.send({ type: 'symbols', id: 1 });
    ann.send({ type: 'members', id: 2, room: '@ann' });
    ann.socket.wire.length = 0;
    ann.session.closed(1000);
    ann.socket.outcome = 'dropped';
    ann.send({ type: 'join', room: 'lobby' });
    await Promise.allSettled(failing.mock.results.map(({ value }) => value as unknown));
    await new Promise((resolve) => setImmediate(resolve));
    expect(ann.socket.wire).toEqual([]);
    expect(ann.socket.closeCode).toBeUndefined();
    expect(await metrics()).toContain('outcry_gateway_overflows_total 0');
    expect(gateway.services.rooms.get('lobby')).toBeUndefined();
  });

  it('is in no room and watches no book when it has ended', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    feed.announce('X');
    ann.send({ type: 'subscribe', id: 1, symbol: 'X', depth: 1, interval: 0 });
    await vi.waitUntil(() => ann.socket.framesOf('ack').length === 1);
    ann.session.closed(1000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(gateway.services.books.size).toBe(0);
    expect(ann.session.memberships.has('@ann')).toBe(false);
  });

  it('leaves in the log what failed, and on which connection', async () => {
    const { logger, broker } = gateway.services;
    const [logged, warned] = [vi.spyOn(logger, 'error'), vi.spyOn(logger, 'warn')];
    const fault = new Error('a fault');
    vi.spyOn(feed, 'listInstruments').mockRejectedValueOnce(fault);
    ann.send({ type: 'symbols' });
    await vi.waitUntil(() => ann.socket.closeCode !== undefined);
    expect(logged).toHaveBeenCalledWith({ err: fault, connection: ann.session.connection }, 'request failed');
    vi.spyOn(broker, 'join').mockRejectedValue(fault);
    const { session, socket } = gateway.connect('bob');
    await vi.waitUntil(() => socket.closeCode !== undefined);
    expect(warned).toHaveBeenCalledWith({ err: fault, connection: session.connection }, 'rooms not joined');
  });

  it('does not go on without the rooms that are its own, and is told to come back', async () => {
    vi.spyOn(gateway.services.broker, 'join').mockRejectedValue(new OutcryError('unavailable', 'away'));
    const [bob, gone] = [gateway.connect('bob'), gateway.connect('carl')];
    gone.session.closed(1000);
    await vi.waitUntil(() => bob.socket.closeCode !== undefined);
    expect(bob.socket.closeCode).toEqual(CLOSE_CODES.brokerUnavailable);
    expect(gone.socket.closeCode).toBeUndefined();
  });

  it('is told to try again what the broker did not do in time, and goes on', async () => {
    ann.send({ type: 'join', id: 1, room: 'lobby' });
    await vi.waitUntil(() => ann.socket.framesOf('joined').length === 3);
    vi.spyOn(gateway.services.broker, 'publish').mockRejectedValueOnce(new OutcryError('unavailable', 'away'));
    ann.send({ type: 'publish', id: 2, room: 'lobby', data: 1 });
    await vi.waitUntil(() => ann.socket.framesOf('error').length === 1);
    expect(ann.socket.framesOf('error')).toMatchObject([
      { id: 2, code: 'unavailable', retryable: true, message: expect.stringContaining('did not take') as string },
    ]);
    expect(ann.socket.closeCode).toBeUndefined();
  });
});

describe('what a slow session is owed', () => {
  it('is nothing at first, and then comes in order: what it asked for, then rooms, then books', async () => {
    const gateway = await createTestGateway({ feed: new FakeFeed() });
    const { session } = gateway.connect('ann');
    const { streams, memberships } = session;
    const { past } = gateway.services;
    streams.holdBack();
    streams.catchUpOne();
    expect([streams.isBehind, streams.isHoldingBack]).toEqual([false, false]);
    const { watches } = session;
    const owed = { past: true, rooms: true, books: true };
    const done: string[] = [];
    vi.spyOn(past, 'isParked').mockImplementation((reader) => reader === session && owed.past);
    vi.spyOn(memberships, 'isBehind', 'get').mockImplementation(() => owed.rooms);
    vi.spyOn(memberships, 'isHoldingBack', 'get').mockImplementation(() => owed.rooms);
    vi.spyOn(watches, 'isHoldingBack', 'get').mockImplementation(() => owed.books);
    const pays = (what: keyof typeof owed) => (): void => {
      owed[what] = false;
      done.push(what);
    };
    vi.spyOn(past, 'resume').mockImplementation(pays('past'));
    vi.spyOn(memberships, 'catchUpOne').mockImplementation(pays('rooms'));
    vi.spyOn(watches, 'catchUpOne').mockImplementation(pays('books'));
    const holding: boolean[] = [];
    while (streams.isBehind && done.length < 9) {
      holding.push(streams.isHoldingBack);
      streams.catchUpOne();
    }
    expect(done).toEqual(['past', 'rooms', 'books']);
    expect(holding).toEqual([true, true, true]);
    expect(streams.isHoldingBack).toBe(false);
    owed.past = true;
    expect([streams.isBehind, streams.isHoldingBack]).toEqual([true, false]);
    await gateway.stop();
  });
});
