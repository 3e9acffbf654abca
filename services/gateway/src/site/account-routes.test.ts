import { type Backplane, createMemoryBackplane } from '@outcry/broker';
import { createLogger } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { GatewayMetrics } from '../observability/metrics.ts';
import type { PostAnswer, PostHandler } from '../transport/transport.ts';
import { createAccountRoutes } from './account-routes.ts';
import { Accounts } from '../identity/accounts/accounts.ts';
import { TokenIssuer } from '../identity/accounts/token-issuer.ts';

const POLICY = { issuer: undefined, audience: undefined };
const PER_MINUTE = 12;
/** Attempts that fail before a password is hashed. */
const MALFORMED = Buffer.from('{"user":"ann"}');
const ATTEMPT = Buffer.from('{"user":"nobody","password":"wrong password"}');

describe('account routes', () => {
  const logger = createLogger({ level: 'silent', fields: {} });
  let backplane: Backplane;
  let metrics: GatewayMetrics;
  let routes: ReadonlyMap<string, PostHandler>;
  beforeEach(async () => {
    backplane = createMemoryBackplane();
    await backplane.start({
      handleMessage: () => undefined,
      handleSignal: () => undefined,
      handleReset: () => undefined,
      handleStatus: () => undefined,
    });
    const { accounts: store, limits } = backplane;
    const issuer = new TokenIssuer({ secret: Buffer.alloc(32), lifetimeMs: 60_000, policy: POLICY });
    metrics = new GatewayMetrics();
    const onRegistered = (): Promise<void> => Promise.resolve();
    const accounts = new Accounts({ store, limits, issuer, maxPerAddressPerMinute: PER_MINUTE, onRegistered });
    routes = createAccountRoutes({ accounts, metrics, logger });
  });
  afterEach(async () => {
    await backplane.close();
  });

  function post(path: string, address: string, body = MALFORMED): Promise<PostAnswer> {
    const handler = routes.get(path) ?? expect.fail(`there is no ${path}`);
    return handler({ address, contentType: 'application/json', body });
  }

  it('let an address try so often in a minute, at both together and whatever it says, and count refusals', async () => {
    for (let i = 0; i < PER_MINUTE; i++) {
      const path = i % 2 === 0 ? '/auth/login' : '/auth/register';
      expect(await post(path, `2001:db8:0:1:0:0:0:${String(i)}`)).toMatchObject({ status: 400 });
    }
    expect(await post('/auth/login', '2001:db8:0:1:0:0:0:99')).toEqual({
      status: 429,
      body: { error: { code: 'rateLimited', message: 'too many attempts; wait a little', retryable: true } },
      retryAfterSeconds: 60 / PER_MINUTE,
    });
    expect(await post('/auth/login', '2001:db8:0:2:0:0:0:0')).toMatchObject({ status: 400 });
    const counted = (await metrics.accountRefusals.get()).values.filter(({ value }) => value > 0);
    expect(Object.fromEntries(counted.map(({ labels, value }) => [labels['code'], value]))).toEqual({
      malformed: PER_MINUTE + 1,
      rateLimited: 1,
    });
  });

  it('refuse what is longer than a request may be, count it, and count it to its address', async () => {
    const handler = routes.get('/auth/login') ?? expect.fail('there is a login');
    const tooLong = { address: '192.0.2.1', contentType: 'application/json', body: undefined };
    for (let i = 0; i < PER_MINUTE; i++) expect(await handler(tooLong)).toMatchObject({ status: 413 });
    expect(await handler(tooLong)).toMatchObject({ status: 429 });
    const { values } = await metrics.accountRefusals.get();
    expect(values.find(({ labels }) => labels['code'] === 'bodyTooLarge')?.value).toBe(PER_MINUTE);
  });

  it('take none of a name’s own tries for what an address tries too often', async () => {
    for (let i = 0; i < PER_MINUTE; i++) await post('/auth/login', '192.0.2.1');
    for (let i = 0; i < 20; i++) expect(await post('/auth/login', '192.0.2.1', ATTEMPT)).toMatchObject({ status: 429 });
    expect(await post('/auth/login', '192.0.2.2', ATTEMPT)).toMatchObject({ status: 401 });
  });
});
