import { CLOSE_CODES, Encoding } from '@outcry/protocol';
import { makeToken, type TokenOptions } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createControlHandler } from '../cluster/control-handler.ts';
import { encodeControlNotice } from '../cluster/control-notice.ts';
import { createRevocationHandler } from '../cluster/revocation-handler.ts';
import { loadGatewayConfig } from '../config/config.ts';
import { createTestGateway, NO_WITHDRAWAL, type TestGateway } from '../testing/create-services.ts';
import { FakeFeed } from '../testing/fake-feed.ts';
import type { FakeSocket } from '../testing/fake-transport.ts';
import { Endpoint, type SessionPort, TokenSource } from '../transport/transport.ts';
import { Reception } from './reception.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const PER_USER = 2;

interface Visitor {
  readonly socket: FakeSocket;
  readonly port: SessionPort;
}

/** Issue 15: who somebody is decides, not which door was taken. A new endpoint is held to it by being in the table. */
describe.each(Object.entries(Endpoint))('a connection for %s', (_, endpoint) => {
  let gateway: TestGateway;
  let reception: Reception;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] });
    const feed = new FakeFeed();
    feed.announce('X');
    feed.publishSnapshot({
      ...{ symbol: 'X', epoch: 'e1', seq: 1, venueSeq: 1, venueAt: 1, at: 1, priceScale: 1, sizeScale: 0 },
      ...{ bids: [[1, 1]], asks: [[2, 1]] },
    });
    const environment = {
      OUTCRY_AUTH_SECRET: SECRET,
      OUTCRY_MAX_CONNECTIONS_PER_USER: String(PER_USER),
      OUTCRY_MAX_CONNECTIONS_PER_ADDRESS: '5',
    };
    const { auth, limits } = loadGatewayConfig(environment).config;
    gateway = await createTestGateway({ auth, limits, feed });
    reception = new Reception(gateway.services);
  });
  afterEach(async () => {
    await gateway.stop();
    vi.useRealTimers();
  });

  /** Resolves when the connection is what it is to be. */
  async function visit(options: TokenOptions = {}): Promise<Visitor> {
    const socket = gateway.transport.connect(Encoding.Json);
    const port = reception.opened(socket, {
      endpoint,
      encoding: Encoding.Json,
      address: '127.0.0.1',
      token: { text: makeToken(SECRET, options), source: TokenSource.Subprotocol },
      canMove: false,
      query: new URLSearchParams({ symbol: 'X', depth: '10', interval: '100' }),
    });
    await vi.waitUntil(() => socket.frames.length > 0);
    return { socket, port };
  }

  async function isSentAway({ socket }: Visitor): Promise<boolean> {
    // The verdict of a limit comes a few turns later than the seat.
    for (let turn = 0; turn < 20 && socket.closeCode === undefined; turn++) await Promise.resolve();
    return socket.closeCode !== undefined;
  }

  it('is one of its user’s, of which there are only so many, and is told so', async () => {
    const visitors = [await visit(), await visit()];
    const third = await visit();
    expect(await isSentAway(third)).toBe(true);
    expect(third.socket.closeCode).toEqual(CLOSE_CODES.quotaExceeded);
    expect(third.socket.framesOf('error')).toMatchObject([{ code: 'limitReached' }]);
    for (const visitor of visitors) expect(await isSentAway(visitor)).toBe(false);
    expect(await isSentAway(await visit({ sub: 'bob' }))).toBe(false);
  });

  it('gives its seat back', async () => {
    await visit();
    const gone = await visit();
    gone.port.closed(1000);
    expect(await isSentAway(await visit())).toBe(false);
    expect(await isSentAway(await visit())).toBe(true);
  });

  it('is one of its address’s, whoever it is', async () => {
    for (const sub of ['a', 'b', 'c', 'd', 'e']) expect(await isSentAway(await visit({ sub }))).toBe(false);
    expect(await isSentAway(await visit({ sub: 'f' }))).toBe(true);
  });

  it('is closed with all that its user has, and no other', async () => {
    const [ann, bob] = [await visit(), await visit({ sub: 'bob' })];
    const disconnect = createControlHandler({ ...gateway.services, withdrawal: NO_WITHDRAWAL });
    disconnect(encodeControlNotice({ kind: 'disconnect', connection: 'another', mayReturn: false }));
    disconnect(encodeControlNotice({ kind: 'disconnect', mayReturn: false }));
    disconnect(encodeControlNotice({ kind: 'disconnect', user: 'ann', mayReturn: true }));
    // By the third, and not by one of those before it.
    await expect.poll(() => ann.socket.closeCode).toEqual(CLOSE_CODES.reconnect);
    expect(bob.socket.closeCode).toBeUndefined();
  });

  it('ends when what it came by is revoked', async () => {
    const [ann, bob] = [await visit(), await visit({ sub: 'bob' })];
    const now = Date.now();
    createRevocationHandler(gateway.services)({ kind: 'user', id: 'ann', issuedUntil: now, expiresAt: now + 60_000 });
    expect(ann.socket.closeCode).toEqual(CLOSE_CODES.revoked);
    expect(bob.socket.closeCode).toBeUndefined();
  });

  it('ends with its token', async () => {
    const { socket, port } = await visit({ lifetimeSeconds: 20 });
    vi.advanceTimersByTime(19_000);
    port.alive();
    expect(socket.closeCode).toBeUndefined();
    vi.advanceTimersByTime(5000);
    expect(socket.closeCode).toEqual(CLOSE_CODES.tokenExpired);
  });
});
