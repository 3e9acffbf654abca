import { type Client, connect, type ConnectOptions } from '@outcry/client';
import {
  closeCode,
  type GatewayProcess,
  hasRedisServer,
  makeToken,
  RedisProcess,
  startGateway,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const SECRET = 'a-secret-of-the-tests-of-some-length';
const API_KEY = 'a-key-of-the-tests-of-some-length';
const POLL = { timeout: 30_000, interval: 20 };
const LIFETIME_SECONDS = 6;
/** As long as a session outlives its token: what a busy machine may be late by with the next one. */
const TOLERANCE_MS = 2000;
const ALL = ['read', 'write'];

describe.runIf(hasRedisServer())('tokens of the client library, at a gateway with keys', () => {
  const clients: Client[] = [];
  let redis: RedisProcess;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    redis = await RedisProcess.start();
    gateway = await startGateway({
      redisUrl: redis.url,
      redisPrefix: uniquePrefix(),
      authSecret: SECRET,
      authClockToleranceMs: TOLERANCE_MS,
      apiKeys: API_KEY,
    });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  function open(options: ConnectOptions): Client {
    const client = connect(gateway.url, { backoff: { baseMs: 50, maxMs: 200 }, ...options });
    clients.push(client);
    return client;
  }

  it('are refreshed in band: the session outlives them, and what a newer one does not allow fails by name', async () => {
    const statuses: string[] = [];
    const issuedAt: number[] = [];
    const client = open({
      token: () => {
        issuedAt.push(performance.now());
        const rooms = { lobby: ALL, ...(issuedAt.length === 1 ? { vault: ALL } : {}) };
        return makeToken(SECRET, { lifetimeSeconds: LIFETIME_SECONDS, claims: { rooms } });
      },
      onStatus: ({ state }) => statuses.push(state),
    });
    const lobby = client.join<string>('lobby', { onEvent: () => undefined });
    const vault = client.join<string>('vault', { onEvent: () => undefined });
    await Promise.all([lobby.joined, vault.joined]);
    const { status: first } = client;

    await expect.poll(() => vault.status, POLL).toBe('failed');
    await expect(vault.publish('x')).rejects.toMatchObject({ code: 'forbidden' });
    const outlivesMs = LIFETIME_SECONDS * 1_000 + TOLERANCE_MS;
    await expect.poll(() => (issuedAt.at(-1) ?? 0) - (issuedAt[0] ?? 0), POLL).toBeGreaterThan(outlivesMs);
    await lobby.publish('still here');
    expect(client.status).toEqual(first);
    expect(statuses).not.toContain('reconnecting');
  });

  it('that expire and cannot be had anew end the client, which says so', async () => {
    const client = open({ token: makeToken(SECRET, { lifetimeSeconds: 1 }) });
    await expect
      .poll(() => client.status, POLL)
      .toMatchObject({
        state: 'closed',
        error: { code: 'unauthenticated', closeCode: closeCode('tokenExpired').code },
      });
  });

  it('that are revoked end the client, which says so, whatever it could fetch', async () => {
    let fetches = 0;
    const client = open({
      token: () => {
        fetches += 1;
        return makeToken(SECRET, { sub: 'mallory', claims: { jti: 'gone', rooms: { lobby: ALL } } });
      },
    });
    const room = client.join('lobby', { onEvent: () => undefined });
    await room.joined;
    const revoked = await fetch(`${gateway.internalUrl}/api/revoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ token: 'gone' }),
    });
    expect(revoked.status).toBe(200);
    const end = { code: 'closed', closeCode: closeCode('revoked').code };
    await expect.poll(() => client.status, POLL).toMatchObject({ state: 'closed', error: end });
    await expect(room.publish('x')).rejects.toMatchObject(end);
    expect(fetches).toBe(1);
  });

  it('are asked for one at a time, also where the connection is lost meanwhile', async () => {
    let asked = 0;
    let running = 0;
    let most = 0;
    let release: (() => void) | undefined;
    const client = open({
      token: async () => {
        asked += 1;
        running += 1;
        most = Math.max(most, running);
        if (asked === 2) await new Promise<void>((resolve) => (release = resolve));
        running -= 1;
        return makeToken(SECRET, { sub: 'zoe', lifetimeSeconds: 2, claims: { rooms: { lobby: ALL } } });
      },
    });
    await client.join('lobby', { onEvent: () => undefined }).joined;
    await expect.poll(() => asked, POLL).toBe(2);
    // The gateway ends the session, whose token has expired while its successor is awaited.
    // The next attempt waits for the same one.
    await expect.poll(() => client.status, POLL).toMatchObject({ state: 'reconnecting', retryAt: undefined });
    release?.();
    await expect.poll(() => client.status, POLL).toMatchObject({ state: 'connected', user: 'zoe' });
    expect(most).toBe(1);
  });
});
