import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { consoleDirectory } from '@outcry/console';
import {
  type GatewayProcess,
  type HealthCheck,
  readHealth,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { metricOf } from '../metrics.ts';
import { launchChromium, Visitor } from '../e2e/support/browser.ts';
import { CLIENT_ID, LoginProvider } from './support/login-provider.ts';

const POLL = { timeout: 20_000, interval: 50 };
const KEY = 'a-key-of-the-desk-that-acts';

let browser: Browser;
let redis: TestRedis;
let gateway: GatewayProcess;
let provider: LoginProvider;
let visitor: Visitor;
/** What the page said, and the gateway, while the gateway had not reached the provider. */
const early: { isDisabled?: boolean; hint?: string | null } = {};
let earlyCheck: HealthCheck | undefined;

beforeAll(async () => {
  const { lease, issuer } = await LoginProvider.lease();
  [browser, redis] = await Promise.all([launchChromium(), startRedis()]);
  gateway = await startGateway({
    ...{ redisUrl: redis.url, redisPrefix: uniquePrefix(), nodeId: 'gw-1', apiKeys: `desk ${KEY}`, logLevel: 'debug' },
    ...{ console: true, consoleDir: consoleDirectory, drainDelayMs: 0 },
    ...{ consoleOidcIssuer: issuer, consoleOidcClientId: CLIENT_ID },
    ...{ consoleOidcActRoles: 'desk', consoleOidcReadRoles: 'on-call,auditor' },
  });
  // The gateway has begun without it: people wait until it is there, and clients do not.
  await open();
  early.isDisabled = await visitor.get('sign-in').isDisabled();
  early.hint = await visitor.page.locator('#sign-in-hint').textContent();
  earlyCheck = await readCheck();
  await visitor.page.context().close();
  provider = await LoginProvider.start(gateway.internalUrl, lease);
  await vi.waitFor(async () => {
    expect(await readLogin()).toMatchObject({ tokenUrl: `${issuer}/token` });
  }, POLL);
});
afterEach(async () => {
  await visitor.page.context().close();
  provider.idTokenSeconds = 3600;
  provider.isRefreshing = false;
});
afterAll(async () => {
  await browser.close();
  await gateway[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  await redis.stop();
});

/** Whether people can sign in, as the gateway says: nobody else is kept out where they cannot. */
async function readCheck(): Promise<HealthCheck | undefined> {
  const { status, checks } = await readHealth(gateway.internalUrl);
  expect(status).toBe(200);
  return checks.find(({ name }) => name === 'sign-in');
}

async function readLogin(): Promise<unknown> {
  const answer = await fetch(`${gateway.internalUrl}/console/login.json`);
  return ((await answer.json()) as { readonly oidc?: unknown }).oidc;
}

async function open(path = '/console/', options: { bypassCSP?: boolean } = {}): Promise<void> {
  visitor = await Visitor.open({ browser, origin: gateway.internalUrl, path, ...options });
  await visitor.get('sign-in').waitFor();
}

/** At the pages of the provider; resolves when the console is there again. */
async function signIn(name: string): Promise<void> {
  const { page } = visitor;
  await visitor.get('sign-in').click();
  await page.locator('input[name="login"]').fill(name);
  await page.locator('input[name="password"]').fill('any');
  await page.locator('button[type="submit"]').click();
  await page.getByText('Continue').click();
  await page.waitForURL(`${gateway.internalUrl}/console/**`);
}

/** What the gateway says to a bearer that is no browser. */
async function whoami(token: string): Promise<unknown> {
  const answer = await fetch(`${gateway.internalUrl}/api/whoami`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: '{}',
  });
  return [answer.status, await answer.json()];
}

describe('somebody who signs in', () => {
  it('looks and acts with a role for it, comes back to what was looked at, and is in the log', async () => {
    await open('/console/#/health');
    expect(await visitor.get('sign-in').textContent()).toBe(`Sign in with ${new URL(provider.issuer).host}`);
    await signIn('ann');
    await visitor.get('check').first().waitFor();
    expect(visitor.page.url()).toBe(`${gateway.internalUrl}/console/#/health`);
    expect(await visitor.get('who').textContent()).toBe('ann');
    await expect.poll(() => visitor.get('updated').textContent(), POLL).toContain('live');
    await visitor.page.goto(`${gateway.internalUrl}/console/#/`);
    await visitor.get('do-announce').click();
    await visitor.get('what').fill('all is well');
    await visitor.get('confirm-yes').click();
    expect(await gateway.process.waitForLog('operator acted')).toMatchObject({
      ...{ key: 'oidc:ann', subject: 'ann', command: 'announce', outcome: 'done' },
    });
    expect(await visitor.page.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
    expect(await visitor.page.context().cookies(gateway.internalUrl)).toHaveLength(
      // Those of the provider, which is on the same host: none is the console's.
      (await visitor.page.context().cookies(provider.issuer)).length,
    );
    await visitor.get('leave').click();
    await visitor.get('key').waitFor();
    // The provider's own pages want what is not there; nothing of the console is refused by its policy.
    expect(visitor.problems.filter((problem) => !problem.startsWith('Failed to load resource'))).toEqual([]);
  });

  it('sees no actions with a role that only looks, and is refused them by the gateway', async () => {
    await open();
    const [request] = await Promise.all([visitor.page.waitForRequest('**/api/whoami'), signIn('bob')]);
    await visitor.get('node').first().waitFor();
    expect(await visitor.get('who').textContent()).toBe('bob · looks only');
    expect(await visitor.page.locator('[data-action]:not([data-action="again"]):not([disabled])').count()).toBe(0);
    const { authorization = '' } = await request.allHeaders();
    const refused = await fetch(`${gateway.internalUrl}/api/drain`, {
      ...{ method: 'POST', headers: { authorization }, body: '{"node":"gw-1"}' },
    });
    expect([refused.status, await refused.json()]).toMatchObject([403, { error: { code: 'forbidden' } }]);
  });

  it('is turned away in words without a role', async () => {
    await open();
    await signIn('carol');
    await expect.poll(() => visitor.get('key-problem').textContent(), POLL).toContain('none of your roles');
    expect(await metricOf(gateway, 'outcry_gateway_api_token_refusals_total{reason="no-role"}')).toBe(1);
  });

  it('waits for a provider that the gateway has not reached, and is told so', async () => {
    await open();
    expect(early).toEqual({ isDisabled: true, hint: expect.stringContaining('has not reached 127.0.0.1') as string });
    expect(await visitor.get('sign-in').isDisabled()).toBe(false);
    expect(earlyCheck).toMatchObject({ ok: false, reason: expect.stringContaining(provider.issuer) as string });
    expect(await readCheck()).toMatchObject({ ok: true });
  });

  it('is told where the provider does not let in, and where an answer is no answer to anything', async () => {
    await open();
    await visitor.get('sign-in').click();
    await visitor.page.getByText('Cancel').click();
    await expect.poll(() => visitor.get('key-problem').textContent(), POLL).toContain('access_denied');
    const grants = provider.grants.length;
    const invented = `${gateway.internalUrl}/console/?code=taken&state=invented`;
    await visitor.page.goto(invented);
    await expect.poll(() => visitor.get('key-problem').textContent(), POLL).toContain('no answer to a sign-in');
    expect(visitor.page.url()).toBe(`${gateway.internalUrl}/console/`);
    // The same while a sign-in of this tab is under way.
    await visitor.get('sign-in').click();
    await visitor.page.locator('input[name="login"]').waitFor();
    await visitor.page.goto(invented);
    await expect.poll(() => visitor.get('key-problem').textContent(), POLL).toContain('no answer to a sign-in');
    expect(await visitor.page.evaluate('sessionStorage.length')).toBe(0);
    expect(provider.grants).toHaveLength(grants);
  });

  it('is kept in the tab where that is wished, and let go of', async () => {
    await open();
    await visitor.page.getByLabel('Keep it').check();
    await signIn('ann');
    await visitor.get('node').first().waitFor();
    await visitor.page.reload();
    await visitor.get('node').first().waitFor();
    await visitor.get('leave').click();
    await visitor.get('key').waitFor();
    expect(await visitor.page.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
  });

  it('stays in with tokens to renew with, and is told without them when the time is over', async () => {
    // Less than what tokens are renewed ahead of their end by.
    provider.idTokenSeconds = 3;
    provider.isRefreshing = true;
    await open();
    let isBusy = true;
    await visitor.page.route(/\/token$/, async (route) => {
      if (!isBusy || route.request().postData()?.includes('grant_type=refresh_token') !== true) {
        await route.continue();
        return;
      }
      // Once, and for the moment.
      isBusy = false;
      const headers = { 'access-control-allow-origin': '*', 'content-type': 'application/json' };
      await route.fulfill({ status: 429, headers, body: '{"error":"too_many_requests"}' });
    });
    await signIn('ann');
    await visitor.get('node').first().waitFor();
    await expect
      .poll(() => provider.grants.filter((grant) => grant === 'refresh_token').length, POLL)
      .toBeGreaterThan(1);
    expect(isBusy).toBe(false);
    expect(await visitor.get('who').textContent()).toBe('ann');
    const { roles } = provider;
    provider.roles = { ann: roles['bob'] ?? [] };
    await expect.poll(() => visitor.get('who').textContent(), POLL).toBe('ann · looks only');
    provider.roles = {};
    await expect.poll(() => visitor.get('key-problem').textContent(), POLL).toContain('none of your roles');
    provider.roles = roles;
    await visitor.page.context().close();

    provider.isRefreshing = false;
    await open();
    await signIn('ann');
    await visitor.get('node').first().waitFor();
    await expect.poll(() => visitor.get('key-problem').textContent(), POLL).toContain('has ended: sign in again');
  });

  it('finds an entrance that everybody can use', async () => {
    await open('/console/', { bypassCSP: true });
    await visitor.page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    for (const colorScheme of ['light', 'dark'] as const) {
      await visitor.page.emulateMedia({ colorScheme });
      const found = await visitor.page.evaluate(
        'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))',
      );
      expect(found, colorScheme).toEqual([]);
    }
  });
});

describe('a token', () => {
  it('is taken that the provider has made for the console, and no other', async () => {
    await open();
    expect(await whoami(KEY)).toEqual([200, { key: 'desk', mayAct: true }]);
    expect(await whoami(provider.makeIdToken())).toEqual([200, { key: 'oidc:ann', mayAct: true }]);
    const now = Math.floor(Date.now() / 1000);
    const secret = provider.publicKey.export({ format: 'pem', type: 'spki' });
    const forged = provider.makeIdToken({ header: { alg: 'none' } });
    const tokens = {
      otherClient: provider.makeIdToken({ claims: { aud: 'another' } }),
      otherParty: provider.makeIdToken({ claims: { aud: [CLIENT_ID, 'another'], azp: 'another' } }),
      accessToken: provider.makeIdToken({ header: { typ: 'at+jwt' } }),
      otherIssuer: provider.makeIdToken({ claims: { iss: `${provider.issuer}/other` } }),
      unsigned: forged.replace(/[^.]*$/, ''),
      publicKeyAsSecret: provider.makeIdToken({ secret, header: { alg: 'HS256' } }),
      long: provider.makeIdToken({ claims: { pad: 'x'.repeat(8192) } }),
    };
    for (const [name, token] of Object.entries(tokens)) {
      expect(await whoami(token), name).toMatchObject([401, { error: { code: 'unauthorized' } }]);
    }
    const expired = provider.makeIdToken({ claims: { iat: now - 600, exp: now - 60 } });
    expect(await whoami(expired)).toMatchObject([401, { error: { message: 'this token has ended' } }]);
  });

  it('is taken soon after its provider has begun to sign with another key', async () => {
    await open();
    const old = provider.makeIdToken();
    provider.rotate();
    const next = provider.makeIdToken();
    expect(await whoami(next)).toMatchObject([503, { error: { code: 'unavailable', retryable: true } }]);
    await expect.poll(() => whoami(next), POLL).toMatchObject([200, { key: 'oidc:ann' }]);
    expect(await whoami(old)).toMatchObject([expect.any(Number), { error: {} }]);
  });
});
