import {
  closeCode,
  type GatewayProcess,
  type GatewaySettings,
  IdentityProvider,
  makeToken,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
  readHealth,
} from '@outcry/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { metricOf, untilMetric } from '../metrics.ts';

const LOGINS = 800;
const LOGIN_EVERY_MS = 5;
const COME_BACK_MS = 100;
const FAILED = 'outcry_gateway_key_fetches_total{outcome="failed"}';

let redis: TestRedis;
let provider: IdentityProvider;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  provider = await IdentityProvider.start();
});
afterEach(() => provider[Symbol.asyncDispose]());

function start(settings: Partial<GatewaySettings> = {}): Promise<GatewayProcess> {
  return startGateway({ redisUrl: redis.url, redisPrefix: uniquePrefix(), authIssuer: provider.issuer, ...settings });
}

/** The user that is let in, or the code of the close. */
async function logIn({ url }: GatewayProcess, token: string): Promise<string | number> {
  const client = await RawClient.connect({ url, encoding: 'json', token });
  const outcome = await Promise.race([client.next('welcome'), client.waitForClose()]);
  if ('code' in outcome) return outcome.code;
  await client.close();
  return outcome.user;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** As a client does that is told to come back. */
async function logInPatiently(gateway: GatewayProcess, token: string): Promise<string | number> {
  for (;;) {
    const outcome = await logIn(gateway, token);
    if (outcome !== closeCode('keyPending').code) return outcome;
    await pause(COME_BACK_MS);
  }
}

describe('keys of an identity provider', () => {
  it('change under a flood of logins, and nobody who is good is refused, nobody else let in', async () => {
    await using gateway = await start();
    const stranger = await IdentityProvider.start();
    const good: Promise<string | number>[] = [];
    const bad: Promise<string | number>[] = [];
    for (let i = 0; i < LOGINS; i++) {
      if (i === LOGINS / 2) provider.rotate();
      good.push(logInPatiently(gateway, provider.makeToken({ sub: `user-${String(i)}` })));
      // Of the right issuer by its own words, and with the name of a key that is known.
      if (i % 20 === 0) bad.push(logIn(gateway, stranger.makeToken({ claims: { iss: provider.issuer } })));
      if (i % 20 === 10) bad.push(logIn(gateway, makeToken('s'.repeat(32), { claims: { iss: provider.issuer } })));
      await pause(LOGIN_EVERY_MS);
    }
    expect(await Promise.all(good)).toEqual(Array.from({ length: LOGINS }, (_, i) => `user-${String(i)}`));
    expect(new Set(await Promise.all(bad))).toEqual(new Set([closeCode('unauthenticated').code]));
    expect(provider.fetches).toBe(2);
    await stranger[Symbol.asyncDispose]();
  });

  it('stay as they were while it is away, for sessions and for logins', async () => {
    await using gateway = await start();
    const session = await RawClient.connect({ url: gateway.url, encoding: 'json', token: provider.makeToken() });
    await session.next('welcome');
    await provider.goAway();
    gateway.process.reload();
    await untilMetric(gateway, FAILED, 1);
    expect(await logIn(gateway, provider.makeToken({ sub: 'ben' }))).toBe('ben');
    await session.expectAnswer('pong', { type: 'ping' });
    expect(await session.expectAnswer('ack', { type: 'auth', token: provider.makeToken() })).toMatchObject({
      user: 'ann',
    });
    provider.rotate();
    const answer = await session.expectAnswer('error', { type: 'auth', token: provider.makeToken() });
    expect(answer).toMatchObject({ code: 'unavailable', retryable: true });
    await session.expectAnswer('pong', { type: 'ping' });
  });

  it('are waited for by a gateway that starts without it, which serves nobody until then', async () => {
    await provider.goAway();
    await using gateway = await start({ authIssuer: undefined, authJwksUrl: provider.jwksUrl });
    const readiness = await readHealth(gateway.internalUrl);
    expect(readiness).toMatchObject({ status: 503, summary: 'no keys of the identity provider yet' });
    await expect(RawClient.connect({ url: gateway.url, encoding: 'json', token: 'any' })).rejects.toThrow('503');
    await provider.comeBack();
    await expect.poll(async () => (await readHealth(gateway.internalUrl)).status).toBe(200);
    expect(await logIn(gateway, provider.makeToken())).toBe('ann');
    expect(await metricOf(gateway, FAILED)).toBeGreaterThan(0);
  });
});
