import { RawClient, readHealth, startGateway, startRedis, type TestRedis, uniquePrefix } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { metricOf, untilMetric } from '../metrics.ts';
import { Logins } from './support/logins.ts';
import { OpenIdProvider } from './support/openid-provider.ts';
import { AUDIENCE } from './support/provider-file.ts';
import { IS_LONG, TIMEOUT_MS } from './support/scale.ts';
import { addRow } from './support/table.ts';

const FAILED = 'outcry_gateway_key_fetches_total{outcome="failed"}';
const FETCHED = 'outcry_gateway_key_fetches_total{outcome="fetched"}';
const FETCHED_AT = 'outcry_gateway_keys_fetched_timestamp_seconds';
/** For some fetches that fail, 30 s apart; tokens of the provider last longer. */
const AWAY_SECONDS = IS_LONG ? 100 : 0;
const KEPT_TOKENS = 20;

describe('an OpenID provider whose process is gone', { timeout: TIMEOUT_MS }, () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('leaves sessions and logins as they are, which the metrics tell, and is asked again until it is back', async () => {
    await using provider = await OpenIdProvider.start();
    const settings = { authIssuer: provider.issuer, authAudience: AUDIENCE };
    await using gateway = await startGateway({ redisUrl: redis.url, redisPrefix: uniquePrefix(), ...settings });
    const kept = await Promise.all(Array.from({ length: KEPT_TOKENS }, () => provider.issueToken()));
    const [first] = kept;
    if (first === undefined) expect.fail('expected a token');
    const session = await RawClient.connect({ url: gateway.url, encoding: 'json', token: first.token });
    await session.next('welcome');
    const fetchedAt = await metricOf(gateway, FETCHED_AT);
    expect(fetchedAt).toBeGreaterThan(0);

    await provider.kill();
    gateway.process.reload();
    await untilMetric(gateway, FAILED, 1);
    const logins = new Logins(gateway);
    let next = 0;
    const issue = () => Promise.resolve(kept[next++ % kept.length] ?? first);
    await logins.flood({ logins: KEPT_TOKENS, seconds: AWAY_SECONDS, issue, forgeries: {} });
    expect(await session.expectAnswer('ack', { type: 'auth', token: first.token })).toMatchObject({ user: first.user });
    expect(await readHealth(gateway.internalUrl)).toMatchObject({ status: 200 });
    expect(await metricOf(gateway, FETCHED_AT)).toBe(fetchedAt);

    if (IS_LONG) {
      expect(await metricOf(gateway, FAILED)).toBeGreaterThanOrEqual(3);
      await provider.comeBack();
      await provider.signWithNewest({ isAnnounced: false });
      await logins.flood({ logins: 1, seconds: 0, issue: () => provider.issueToken(), forgeries: {} });
      expect(await metricOf(gateway, FETCHED)).toBe(2);
      expect(await metricOf(gateway, FETCHED_AT)).toBeGreaterThan(fetchedAt);
    }
    addRow('the provider killed', logins, provider);
    expect([logins.good, logins.refused]).toEqual([logins.begun, []]);
    await session.expectAnswer('pong', { type: 'ping' });
  });
});
