import { CLOSE_CODES, Encoding } from '@outcry/protocol';
import { HookServer, makeToken } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { createTestGateway, type TestGateway } from '../testing/create-services.ts';
import type { FakeSocket } from '../testing/fake-transport.ts';
import { Endpoint, type SessionPort, TokenSource } from '../transport/transport.ts';
import { Reception } from './reception.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';

interface Visitor {
  readonly socket: FakeSocket;
  readonly port: SessionPort;
  readonly send: (frame: unknown) => void;
}

describe('a connection of which the server is asked', () => {
  let server: HookServer;
  let gateway: TestGateway;
  let reception: Reception;
  beforeEach(async () => {
    server = await HookServer.start();
    await open();
  });
  afterEach(async () => {
    await gateway.stop();
    await server[Symbol.asyncDispose]();
  });

  async function open(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const { auth, hooks, roomRules, limits } = loadGatewayConfig({
      OUTCRY_AUTH_SECRET: SECRET,
      OUTCRY_HOOKS_SECRET: SECRET,
      OUTCRY_HOOKS_CONNECT_URL: server.urlOf('connect'),
      OUTCRY_HOOKS_PLAIN_HTTP: 'true',
      OUTCRY_HOOKS_DEADLINE_MS: '20000',
      OUTCRY_MAX_FRAMES_PER_SECOND: '0',
      ...settings,
    }).config;
    gateway = await createTestGateway({ auth, hooks, roomRules, limits });
    reception = new Reception(gateway.services);
  }

  async function reopen(settings: Readonly<Record<string, string>>): Promise<void> {
    await gateway.stop();
    await open(settings);
  }

  function visit(token: string | undefined = makeToken(SECRET), endpoint: Endpoint = Endpoint.Session): Visitor {
    const socket = gateway.transport.connect();
    const port = reception.opened(socket, {
      endpoint,
      encoding: Encoding.Json,
      address: '192.0.2.7',
      token: token === '' ? undefined : { text: token, source: TokenSource.Subprotocol },
      canMove: false,
      query: new URLSearchParams({ symbol: 'BTCUSDT' }),
    });
    const send = (frame: unknown): void => {
      port.received(Buffer.from(JSON.stringify(frame)), false);
    };
    return { socket, port, send };
  }

  async function welcomed({ socket }: Visitor): Promise<void> {
    await vi.waitUntil(() => socket.framesOf('welcome').length === 1);
  }

  async function ended({ socket }: Visitor): Promise<string | undefined> {
    await vi.waitUntil(() => socket.closeCode !== undefined);
    return socket.closeCode?.reason;
  }

  async function asked(count = 1): Promise<void> {
    await vi.waitUntil(() => server.questions.length === count);
  }

  it('is described to it', async () => {
    const visitor = visit(makeToken(SECRET, { claims: { scope: 'chat' } }));
    await welcomed(visitor);
    const [welcome] = visitor.socket.framesOf('welcome');
    expect(server.questions.map(({ body }) => body)).toEqual([
      {
        hook: 'connect',
        node: 'test',
        connection: welcome?.connection,
        user: 'ann',
        guest: false,
        address: '192.0.2.7',
        endpoint: '/ws',
        refresh: false,
        scopes: ['chat'],
      },
    ]);
  });

  it('is told nothing, and heard in the order of its frames, once the server allows it', async () => {
    const answer = server.hold('connect');
    const visitor = visit();
    visitor.send({ type: 'ping', id: 1 });
    await asked();
    visitor.send({ type: 'ping', id: 2 });
    expect(visitor.socket.wire).toEqual([]);
    answer();
    await welcomed(visitor);
    expect(visitor.socket.framesOf('pong').map(({ id }) => id)).toEqual([1, 2]);
    visitor.send({ type: 'ping', id: 3 });
    expect(visitor.socket.framesOf('pong').map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('gets the user, the rights and the rooms that the server names', async () => {
    const rights = { 'team.*': ['read', 'write'] };
    server.answer('connect', () => ({ json: { allow: true, user: 'Ann Lee', rights, rooms: ['lobby'] } }));
    const visitor = visit(makeToken(SECRET, { claims: { rooms: { 'old.*': ['read'] } } }));
    await welcomed(visitor);
    expect(visitor.socket.framesOf('welcome')[0]?.user).toBe('Ann Lee');
    await vi.waitUntil(() => visitor.socket.framesOf('joined').length === 3);
    const rooms = visitor.socket.framesOf('joined').map(({ room }) => room);
    expect(rooms.sort()).toEqual(['@Ann Lee', '@all', 'lobby']);
    for (const room of ['team.a', 'old.a', 'lobby']) visitor.send({ type: 'join', id: room, room });
    await vi.waitUntil(() => visitor.socket.framesOf('joined').some(({ id }) => id === 'team.a'));
    await vi.waitUntil(() => visitor.socket.framesOf('joined').some(({ id }) => id === 'lobby'));
    expect(visitor.socket.framesOf('error')).toMatchObject([{ id: 'old.a', code: 'forbidden' }]);
  });

  it('is who the server says, and whom the token names where the server says nothing of it', async () => {
    await reopen({ OUTCRY_AUTH_INFO_CLAIMS: 'name' });
    const token = makeToken(SECRET, { claims: { name: 'Ann', rooms: { '*': ['read', 'write'] } } });
    for (const [info, shown] of [
      [
        { name: 'Ann Lee', team: 'red' },
        { name: 'Ann Lee', team: 'red' },
      ],
      [undefined, { name: 'Ann' }],
    ]) {
      server.answer('connect', () => ({ json: { allow: true, ...(info === undefined ? {} : { info }) } }));
      const visitor = visit(token);
      await welcomed(visitor);
      visitor.send({ type: 'join', id: 1, room: 'pit', history: 0, info: true });
      await vi.waitUntil(() => visitor.socket.framesOf('joined').some(({ id }) => id === 1));
      visitor.send({ type: 'publish', id: 2, room: 'pit', data: 1 });
      await vi.waitUntil(() => visitor.socket.framesOf('message').length === 1);
      expect(visitor.socket.framesOf('message')[0]?.info).toEqual(shown);
      visitor.port.closed(1000);
    }
  });

  it('keeps what its token gives where the server says nothing of it', async () => {
    const visitor = visit(makeToken(SECRET, { claims: { rooms: { a: ['read'] } } }));
    await welcomed(visitor);
    visitor.send({ type: 'join', id: 1, room: 'a' });
    await vi.waitUntil(() => visitor.socket.framesOf('joined').some(({ id }) => id === 1));
  });

  it.each([
    ['a user that is none', { allow: true, user: 'all' }],
    ['a room that is none', { allow: true, rooms: ['a*'] }],
    ['an inbox to join', { allow: true, rooms: ['@bob'] }],
    ['a right that is none', { allow: true, rights: { a: ['fly'] } }],
    ['info that is none', { allow: true, info: 'Ann' }],
    ['too much info', { allow: true, info: { name: 'x'.repeat(1100) } }],
    ['too many rooms', { allow: true, rooms: Array.from({ length: 129 }, (_, i) => `r${String(i)}`) }],
  ])('may not come for %s', async (_, json) => {
    server.answer('connect', () => ({ json }));
    expect(await ended(visit())).toBe('undecided');
    expect(await gateway.services.metrics.registry.metrics()).toContain(
      'outcry_gateway_hook_calls_total{hook="connect",outcome="invalid"} 1',
    );
  });

  it('ends as refused where the server refuses it', async () => {
    server.answer('connect', () => ({ json: { allow: false, reason: 'banned' } }));
    const visitor = visit();
    expect(await ended(visitor)).toBe('refused');
    expect(visitor.socket.wire).toEqual([]);
    expect(gateway.services.connections.size).toBe(0);
  });

  it.each([
    ['deny', 'undecided'],
    ['allow', undefined],
  ])('is dealt with by the rule %s where the server is away', async (rule, outcome) => {
    await server.goAway();
    await reopen({ OUTCRY_HOOKS_CONNECT_ON_FAILURE: rule });
    const visitor = visit();
    if (outcome === undefined) await welcomed(visitor);
    else expect(await ended(visitor)).toBe(outcome);
  });

  it('is refused where it was revoked while the server was asked, under its name or under the one it is given', async () => {
    const now = Date.now();
    const { revokedTokens } = gateway.services;
    revokedTokens.add({ kind: 'user', id: 'bob', issuedUntil: now + 60_000, expiresAt: now + 60_000 });
    server.answer('connect', () => ({ json: { allow: true, user: 'bob' } }));
    expect(await ended(visit())).toBe('revoked');
    const answer = server.hold('connect');
    const visitor = visit();
    await asked(2);
    revokedTokens.add({ kind: 'user', id: 'ann', issuedUntil: now + 60_000, expiresAt: now + 60_000 });
    answer();
    expect(await ended(visitor)).toBe('revoked');
  });

  it('that ends meanwhile is nobody when the answer comes', async () => {
    const answer = server.hold('connect');
    const [visitor, other] = [visit(), visit(makeToken(SECRET, { sub: 'bob' }))];
    await asked(2);
    visitor.send({ type: 'ping', id: 1 });
    visitor.port.closed(1006);
    answer();
    await welcomed(other);
    expect(visitor.socket.wire).toEqual([]);
    expect(gateway.services.connections.size).toBe(1);
    expect(await gateway.services.metrics.registry.metrics()).toContain('closes_total{code="1006"} 1');
  });

  it.each([
    ['frames', 129, 1],
    ['bytes', 3, 30_000],
  ])('may send only so many %s meanwhile', async (_, count, size) => {
    server.hold('connect');
    const visitor = visit();
    for (let i = 0; i < count - 1; i++) visitor.port.received(Buffer.alloc(size), false);
    expect(visitor.socket.closeCode).toBeUndefined();
    visitor.port.received(Buffer.alloc(size), false);
    expect(await ended(visitor)).toBe(CLOSE_CODES.rateLimited.reason);
  });

  it('is asked about when it says who it is, and greeted before it is answered', async () => {
    const visitor = visit('');
    visitor.send({ type: 'auth', id: 1, token: makeToken(SECRET) });
    await welcomed(visitor);
    expect(server.questions[0]?.body).toMatchObject({ user: 'ann', refresh: false });
    expect(visitor.socket.frames.map(({ type }) => type).slice(0, 2)).toContain('welcome');
    expect(visitor.socket.framesOf('ack')).toMatchObject([{ id: 1, user: 'ann' }]);
  });

  it('is asked about on the feed, too', async () => {
    server.answer('connect', ({ body }) => ({ json: { allow: body['endpoint'] !== '/orderbookfeed' } }));
    expect(await ended(visit(makeToken(SECRET), Endpoint.OrderBookFeed))).toBe('refused');
  });

  describe('that brings another token', () => {
    let visitor: Visitor;
    beforeEach(async () => {
      visitor = visit();
      await welcomed(visitor);
    });

    it('goes on with what the server says of that one; what it sent meanwhile is carried out then', async () => {
      const answer = server.hold('connect', { json: { allow: true, rights: { late: ['read'] }, rooms: ['lobby'] } });
      visitor.send({ type: 'auth', id: 1, token: makeToken(SECRET) });
      visitor.send({ type: 'join', id: 2, room: 'late' });
      await asked(2);
      expect(server.questions[1]?.body).toMatchObject({ user: 'ann', refresh: true });
      answer();
      await vi.waitUntil(() => visitor.socket.framesOf('joined').some(({ id }) => id === 2));
      await vi.waitUntil(() => visitor.socket.framesOf('joined').some(({ room }) => room === 'lobby'));
      expect(visitor.socket.framesOf('ack')).toMatchObject([{ id: 1, user: 'ann' }]);
    });

    it('is put into no room again that it is in', async () => {
      server.answer('connect', () => ({ json: { allow: true, rights: { '*': ['read'] }, rooms: ['lobby', 'hall'] } }));
      const joinedRooms = (): readonly unknown[] => visitor.socket.framesOf('joined').map(({ room }) => room);
      const goOn = async (id: number): Promise<void> => {
        visitor.send({ type: 'auth', id, token: makeToken(SECRET) });
        await vi.waitUntil(() => visitor.socket.framesOf('ack').some((ack) => ack.id === id));
      };
      await goOn(1);
      await vi.waitUntil(() => joinedRooms().includes('lobby') && joinedRooms().includes('hall'));
      await goOn(2);
      visitor.send({ type: 'join', id: 3, room: 'last' });
      await vi.waitUntil(() => joinedRooms().includes('last'));
      expect(joinedRooms().filter((room) => room === 'lobby')).toHaveLength(1);
    });

    it('is told that it is nobody where the name that the server gives was revoked', async () => {
      const now = Date.now();
      const { revokedTokens } = gateway.services;
      revokedTokens.add({ kind: 'user', id: 'bob', issuedUntil: now + 60_000, expiresAt: now + 60_000 });
      server.answer('connect', () => ({ json: { allow: true, user: 'bob' } }));
      visitor.send({ type: 'auth', id: 1, token: makeToken(SECRET) });
      await vi.waitUntil(() => visitor.socket.framesOf('error').length === 1);
      expect(visitor.socket.framesOf('error')).toMatchObject([{ id: 1, code: 'unauthenticated' }]);
    });

    it.each([
      ['forbidden', { json: { allow: false } }],
      ['unavailable', { status: 500, text: '' }],
    ] as const)('is told %s, and stays who it was, where the server does not want it', async (code, reply) => {
      server.answer('connect', () => reply);
      visitor.send({ type: 'auth', id: 1, token: makeToken(SECRET) });
      await vi.waitUntil(() => visitor.socket.framesOf('error').length === 1);
      expect(visitor.socket.framesOf('error')).toMatchObject([{ id: 1, code }]);
      expect(visitor.socket.closeCode).toBeUndefined();
    });
  });
});
