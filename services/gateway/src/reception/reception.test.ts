import { CLOSE_CODES, Encoding } from '@outcry/protocol';
import { makeToken, type TokenOptions } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { createTestGateway, type TestGateway } from '../testing/create-services.ts';
import type { FakeSocket } from '../testing/fake-transport.ts';
import { Endpoint, type SessionPort, TokenSource } from '../transport/transport.ts';
import { Reception } from './reception.ts';
import { createRevocationHandler } from '../cluster/revocation-handler.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';

interface Visitor {
  readonly socket: FakeSocket;
  readonly port: SessionPort;
  readonly send: (frame: unknown) => void;
}

describe('Reception, where tokens are checked', () => {
  let gateway: TestGateway;
  let reception: Reception;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] });
    await open();
  });
  afterEach(async () => {
    await gateway.stop();
    vi.useRealTimers();
  });

  async function open(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const { auth, reception: doors } = loadGatewayConfig({ OUTCRY_AUTH_SECRET: SECRET, ...settings }).config;
    gateway = await createTestGateway({ auth, reception: doors });
    reception = new Reception(gateway.services);
  }

  async function reopen(settings: Readonly<Record<string, string>>): Promise<void> {
    await gateway.stop();
    await open(settings);
  }

  function visit(token?: string, endpoint: Endpoint = Endpoint.Session): Visitor {
    const socket = gateway.transport.connect();
    const port = reception.opened(socket, {
      endpoint,
      encoding: Encoding.Json,
      address: '127.0.0.1',
      token: token === undefined ? undefined : { text: token, source: TokenSource.Subprotocol },
      canMove: false,
      query: new URLSearchParams({ symbol: 'BTCUSDT' }),
    });
    const send = (frame: unknown): void => {
      port.received(Buffer.from(JSON.stringify(frame)), false);
    };
    return { socket, port, send };
  }

  function token(options: TokenOptions = {}): string {
    return makeToken(SECRET, options);
  }

  async function hasJoined({ socket }: Visitor): Promise<void> {
    await vi.waitUntil(() => socket.framesOf('joined').length === 2);
  }

  it('gives no connection the name of another one, of a gateway that is called the same neither', async () => {
    const own = [visit(token()), visit(token())];
    reception = new Reception(gateway.services);
    const visitors = [...own, visit(token()), visit(token())];
    await Promise.all(visitors.map(hasJoined));
    const names = visitors.map(({ socket }) => socket.framesOf('welcome')[0]?.connection);
    expect(new Set(names).size).toBe(4);
    const nodes = names.map((name) => name?.slice(0, name.lastIndexOf('-')));
    expect(new Set(nodes)).toEqual(new Set([gateway.services.facts.nodeId]));
  });

  it('welcomes who brings a good token, and says when it expires', async () => {
    const exp = Math.floor(Date.now() / 1000) + 300;
    const visitor = visit(token({ claims: { exp } }));
    await hasJoined(visitor);
    const { user, expiresAt } = visitor.socket.framesOf('welcome')[0] ?? {};
    expect(user).toBe('ann');
    expect(expiresAt).toBe(exp * 1000);
  });

  it.each([
    ['unauthenticated', 'a token of its own', makeToken('another secret')],
    ['unauthenticated', 'a name', 'ann'],
    ['unauthenticated', 'nothing but a prefix', ''],
    ['tokenExpired', 'a token of yesterday', makeToken(SECRET, { lifetimeSeconds: -86_400 })],
  ] as const)('closes with %s on %s', (name, _, text) => {
    for (const endpoint of Object.values(Endpoint)) {
      const { socket } = visit(text, endpoint);
      expect(socket.closeCode).toEqual(CLOSE_CODES[name]);
      expect(socket.frames).toEqual([]);
    }
  });

  it('waits for the auth of who brings none, then welcomes and acknowledges', async () => {
    const visitor = visit();
    vi.advanceTimersByTime(4000);
    expect(visitor.socket.frames).toEqual([]);
    visitor.send({ type: 'auth', id: 1, token: token() });
    visitor.send({ type: 'join', id: 2, room: '@ann' });
    await hasJoined(visitor);
    expect(visitor.socket.frames.map(({ type }) => type).slice(0, 2)).toEqual(['welcome', 'ack']);
    expect(visitor.socket.framesOf('ack')[0]).toMatchObject({ id: 1, user: 'ann' });
    vi.advanceTimersByTime(10_000);
    expect(visitor.socket.closeCode).toBeUndefined();
  });

  it('closes with authTimeout when no auth comes in time, heartbeats or not', () => {
    const { socket, port } = visit();
    vi.advanceTimersByTime(4800);
    port.alive();
    expect(socket.closeCode).toBeUndefined();
    vi.advanceTimersByTime(400);
    expect(socket.closeCode).toEqual(CLOSE_CODES.authTimeout);
  });

  it.each([
    ['unauthenticated', 'another request', '{"type":"join","room":"lobby"}'],
    ['unauthenticated', 'a ping', '{"type":"ping"}'],
    ['unauthenticated', 'an auth without a token', '{"type":"auth"}'],
    ['unauthenticated', 'a refused token', '{"type":"auth","token":"ann"}'],
    ['malformed', 'no frame', '{'],
    ['tooBig', 'a frame that is too big', `{"type":"auth","token":"${'x'.repeat(20_000)}"}`],
  ] as const)('closes with %s where the first frame is %s', (name, _, frame) => {
    const { socket, port, send } = visit();
    port.received(Buffer.from(frame), false);
    expect(socket.closeCode).toEqual(CLOSE_CODES[name]);
    send({ type: 'auth', token: token() });
    expect(socket.frames).toEqual([]);
  });

  it('lets no more wait than may, and others in once those have gone or said who they are', async () => {
    await reopen({ OUTCRY_AUTH_MAX_WAITING: '2' });
    const [first, second] = [visit(), visit()];
    expect(visit().socket.closeCode).toEqual(CLOSE_CODES.atCapacity);
    expect(visit(token()).socket.closeCode).toBeUndefined();
    first.send({ type: 'auth', token: token() });
    second.port.closed(1000);
    const next = [visit(), visit()];
    expect(next.map(({ socket }) => socket.closeCode)).toEqual([undefined, undefined]);
    expect(visit().socket.closeCode).toEqual(CLOSE_CODES.atCapacity);
  });

  it('ends a session with tokenExpired shortly after its token', async () => {
    const visitor = visit(token({ lifetimeSeconds: 40 }));
    await hasJoined(visitor);
    vi.advanceTimersByTime(40_000);
    visitor.port.alive();
    expect(visitor.socket.closeCode).toBeUndefined();
    vi.advanceTimersByTime(3200);
    expect(visitor.socket.closeCode).toEqual(CLOSE_CODES.tokenExpired);
  });

  it('ends a feed with tokenExpired, too', () => {
    const { socket, port } = visit(token({ lifetimeSeconds: 30 }), Endpoint.OrderBookFeed);
    vi.advanceTimersByTime(29_000);
    port.alive();
    expect(socket.closeCode).toBeUndefined();
    vi.advanceTimersByTime(4200);
    expect(socket.closeCode).toEqual(CLOSE_CODES.tokenExpired);
  });

  it('goes on with a session that is refreshed, and only as the user that it had', async () => {
    const visitor = visit(token({ lifetimeSeconds: 40 }));
    await hasJoined(visitor);
    visitor.send({ type: 'auth', id: 1, token: token({ sub: 'bob', lifetimeSeconds: 600 }) });
    await vi.waitUntil(() => visitor.socket.framesOf('error').length === 1);
    expect(visitor.socket.framesOf('error')).toMatchObject([{ id: 1, code: 'forbidden' }]);
    visitor.send({ type: 'auth', id: 2, token: token({ lifetimeSeconds: 80 }) });
    await vi.waitUntil(() => visitor.socket.framesOf('ack').length === 1);
    vi.advanceTimersByTime(44_000);
    expect(visitor.socket.closeCode).toBeUndefined();
    visitor.port.alive();
    vi.advanceTimersByTime(40_000);
    expect(visitor.socket.closeCode).toEqual(CLOSE_CODES.tokenExpired);
  });

  it('keeps a session whose new token is refused, until its own expires', async () => {
    const visitor = visit(token({ lifetimeSeconds: 20 }));
    await hasJoined(visitor);
    visitor.send({ type: 'auth', id: 1, token: makeToken('another secret') });
    await vi.waitUntil(() => visitor.socket.framesOf('error').length === 1);
    expect(visitor.socket.framesOf('error')).toMatchObject([{ id: 1, code: 'unauthenticated' }]);
    expect(visitor.socket.closeCode).toBeUndefined();
    vi.advanceTimersByTime(24_000);
    expect(visitor.socket.closeCode).toEqual(CLOSE_CODES.tokenExpired);
  });

  it('lets guests in where they are taken, and they may take a name', async () => {
    await reopen({ OUTCRY_AUTH_GUESTS: 'true' });
    const visitor = visit();
    await hasJoined(visitor);
    expect(visitor.socket.framesOf('welcome')[0]?.user).toMatch(/^guest-/);
    visitor.send({ type: 'auth', id: 1, token: token() });
    await vi.waitUntil(() => visitor.socket.framesOf('ack').length === 1);
    expect(visitor.socket.framesOf('ack')[0]).toMatchObject({ user: 'ann' });
    expect(visit(undefined, Endpoint.OrderBookFeed).socket.closeCode).toBeUndefined();
  });

  it('shows a feed to nobody who does not say who it is', () => {
    expect(visit(undefined, Endpoint.OrderBookFeed).socket.closeCode).toEqual(CLOSE_CODES.unauthenticated);
  });

  it('ends the sessions of a revoked token, and takes it no more', async () => {
    const text = token({ claims: { jti: 'id-1' } });
    const [session, other] = [visit(text), visit(token())];
    const { revocations } = gateway.backplane;
    await revocations.revoke({ kind: 'token', id: 'id-1', issuedUntil: 0, expiresAt: Date.now() + 60_000 });
    await vi.waitUntil(() => session.socket.closeCode !== undefined);
    for (const { socket } of [session, visit(text)]) expect(socket.closeCode).toEqual(CLOSE_CODES.revoked);
    expect(other.socket.closeCode).toBeUndefined();
  });

  it('ends the feed of a revoked token, too', () => {
    const { socket } = visit(token({ claims: { jti: 'id-1' } }), Endpoint.OrderBookFeed);
    const revocation = { kind: 'token', id: 'id-1', issuedUntil: 0, expiresAt: Date.now() + 60_000 } as const;
    createRevocationHandler(gateway.services)(revocation);
    expect(socket.closeCode).toEqual(CLOSE_CODES.revoked);
  });

  it('ends what a user has, and lets the user come back with a newer token', async () => {
    const old = token();
    const [session, bob] = [visit(old), visit(token({ sub: 'bob' }))];
    const waiting = visit();
    const now = Date.now();
    const { revocations } = gateway.backplane;
    await revocations.revoke({ kind: 'user', id: 'ann', issuedUntil: now, expiresAt: now + 60_000 });
    await vi.waitUntil(() => session.socket.closeCode !== undefined);
    waiting.send({ type: 'auth', token: old });
    for (const { socket } of [session, waiting]) expect(socket.closeCode).toEqual(CLOSE_CODES.revoked);
    expect(bob.socket.closeCode).toBeUndefined();
    expect(visit(token({ claims: { iat: Math.floor(now / 1000) + 1 } })).socket.closeCode).toBeUndefined();
  });

  it('counts refused tokens by what was wrong', async () => {
    visit('ann');
    visit().send({ type: 'auth', token: makeToken('another secret') });
    const metrics = await gateway.services.metrics.registry.metrics();
    expect(metrics).toContain('outcry_gateway_token_refusals_total{reason="malformed"} 1');
    expect(metrics).toContain('outcry_gateway_token_refusals_total{reason="signature"} 1');
  });
});
