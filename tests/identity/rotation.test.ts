import { type GatewayProcess, startGateway, startRedis, type TestRedis, uniquePrefix } from '@outcry/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { forge, Forgery, signWithOld } from './support/forgeries.ts';
import { Logins } from './support/logins.ts';
import { createKey, OpenIdProvider } from './support/openid-provider.ts';
import { AUDIENCE } from './support/provider-file.ts';
import { IS_LONG, TIMEOUT_MS } from './support/scale.ts';
import { addRow } from './support/table.ts';

const LOGINS = 80;
/** Longer than two fetches are apart. */
const SECONDS = IS_LONG ? 40 : 0;
/** Between two fetches, as the gateway begins them: those behind that of the start. */
const FETCH_EVERY_MS = 30_000;

describe('an OpenID provider that changes its keys under a flood of logins', { timeout: TIMEOUT_MS }, () => {
  let redis: TestRedis;
  let provider: OpenIdProvider;
  let gateway: GatewayProcess;
  let logins: Logins;
  let startedAt: number;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    provider = await OpenIdProvider.start();
    startedAt = performance.now();
    const settings = { authIssuer: provider.issuer, authAudience: AUDIENCE };
    gateway = await startGateway({ redisUrl: redis.url, redisPrefix: uniquePrefix(), ...settings });
    logins = new Logins(gateway);
  });
  afterEach(async () => {
    await gateway[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  const forgeries: Readonly<Record<string, () => string>> = Object.fromEntries(
    Object.values(Forgery).map((forgery) => [forgery, () => forge(forgery, provider)]),
  );
  /** Under the name of a key that nobody has: it could be one that the provider has begun to sign with just now. */
  const unknown = { 'a key that is nowhere': () => signWithOld(createKey(), provider) };

  function flood(more: Readonly<Record<string, () => string>> = {}): Promise<void> {
    const issue = (): ReturnType<OpenIdProvider['issueToken']> => provider.issueToken();
    return logins.flood({ logins: LOGINS, seconds: SECONDS, issue, forgeries: { ...forgeries, ...more } });
  }

  function judge(what: string): void {
    addRow(what, logins, provider);
    expect(logins.good + logins.bad).toBe(logins.begun);
    expect(Math.min(logins.good, logins.bad)).toBeGreaterThan(0);
    expect([logins.refused, logins.accepted]).toEqual([[], []]);
    // Not by when each comes to a provider that may be busy: the last of so many cannot be here sooner.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual((provider.fetches.length - 2) * FETCH_EVERY_MS);
  }

  it('has nobody refused who is good and nobody else let in, where it tells nobody before', async () => {
    await flood();
    expect(provider.fetches).toHaveLength(1);
    await provider.signWithNewest({ isAnnounced: false });
    const [old] = await provider.removeOldKeys();
    if (old === undefined) expect.fail('expected a key that was taken back');
    // The first that comes tells the gateway of the new key; with its keys the old one has gone.
    await logins.flood({ logins: 1, seconds: 0, issue: () => provider.issueToken(), forgeries: {} });
    await flood({ ...unknown, 'a key that was taken back': () => signWithOld(old, provider) });
    expect(provider.fetches.length).toBeGreaterThanOrEqual(2);
    judge('another key at once, the old one gone');
  });

  it.runIf(IS_LONG)('has nobody wait, where it shows a key before it signs with it', async () => {
    await flood(unknown);
    await provider.announceKey();
    await flood(unknown);
    await provider.signWithNewest({ isAnnounced: true });
    await flood(unknown);
    const [old] = await provider.removeOldKeys();
    if (old === undefined) expect.fail('expected a key that was taken back');
    // A key is good until the gateway has asked again.
    await flood(unknown);
    await flood({ ...unknown, 'a key that was taken back': () => signWithOld(old, provider) });
    expect(logins.waits).toBe(0);
    judge('a key that was announced, used, and the old one removed');
  });
});
