import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { FaultProxy, type GatewayProcess, makeToken, startStandalone } from '@outcry/testkit';
import type { Browser } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { launchChromium, Visitor, type VisitorOptions } from './support/browser.ts';
import { moveClock, skewedClock } from './support/skewed-clock.ts';

const SCREENSHOTS = fileURLToPath(new URL('../../artifacts/', import.meta.url));
const DESKTOP = { viewport: { width: 1440, height: 900 } };
const POLL = { timeout: 15_000 };
const SECRET = 'a-secret-of-at-least-thirty-two-bytes';
const RIGHTS = ['read', 'write', 'signal', 'presence'];
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SKEWS = [3 * MINUTE_MS, 2 * HOUR_MS, -2 * HOUR_MS] as const;
/** Longer than the gateway holds on to a session whose token has expired, and no longer than a test may take. */
const SHORT_LIFE_SECONDS = 10;

describe('the demo page on computers whose clocks are off', () => {
  let standalone: GatewayProcess;
  let browser: Browser;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'outcry-page-clocks-'));
    const roomRulesFile = join(folder, 'rules.json');
    await writeFile(roomRulesFile, JSON.stringify({ rules: [{ pattern: '*', users: RIGHTS }] }));
    browser = await launchChromium();
    standalone = await startStandalone({ authSecret: SECRET, accounts: true, roomRulesFile });
    return async () => {
      await browser.close();
      await standalone[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    };
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
  });

  async function open(path: string, options: Partial<VisitorOptions> = {}): Promise<Visitor> {
    return Visitor.open({ browser, origin: standalone.publicUrl, path, ...DESKTOP, ...options });
  }

  /** A visitor who has logged in before, with a token that lasts so long. */
  async function openLoggedIn(user: string, options: Partial<VisitorOptions> & { lifetimeSeconds?: number } = {}) {
    const { lifetimeSeconds = 300, initScript = '', ...others } = options;
    const token = makeToken(SECRET, { sub: user, lifetimeSeconds });
    const admission = JSON.stringify({ user, token, expiresAt: Date.now() + lifetimeSeconds * 1_000 });
    // Once: what the page keeps afterwards is its own.
    const keep = `sessionStorage['outcry.admission'] ??= ${JSON.stringify(admission)};`;
    const visitor = await open('/?room=pit', { ...others, initScript: `${initScript}${keep}` });
    await visitor.reaches('live');
    return visitor;
  }

  it.each(SKEWS)('marks what is new, and nothing that is old, with a clock off by %i ms', async (skewMs) => {
    const bob = await openLoggedIn('bob');
    await bob.say('said before');
    await expect.poll(() => bob.get('message').last().getAttribute('data-state'), POLL).toBe('shown');
    const ann = await openLoggedIn('ann', { initScript: skewedClock(skewMs) });
    await expect.poll(() => ann.texts(), POLL).toContain('said before');
    await ann.get('room-input').fill('floor');
    await ann.page.keyboard.press('Enter');
    await expect.poll(() => ann.get('room-name').textContent(), POLL).toBe('floor');
    expect(await ann.get('unread').count()).toBe(0);
    await bob.say('said since');
    await expect.poll(() => ann.get('unread').textContent(), POLL).toBe('1 unread');
    await ann.page.reload();
    await ann.reaches('live');
    await ann.get('room').filter({ hasText: 'pit' }).getByRole('button').first().click();
    await expect.poll(() => ann.texts(), POLL).toContain('said since');
    await expect.poll(() => ann.get('unread').count(), POLL).toBe(0);
  });

  it.each(SKEWS)('tells the latency, the day and no end of the login, with a clock off by %i ms', async (skewMs) => {
    const cy = await open('/', { initScript: skewedClock(skewMs) });
    await cy.get('way-register').click();
    await cy.get('join-name').fill(`cy.${String(Math.abs(skewMs))}${skewMs < 0 ? '-' : ''}`);
    await cy.get('join-password').fill('a pass phrase of cy');
    await cy.page.keyboard.press('Enter');
    await cy.reaches('live');
    expect(await cy.get('login-again').isVisible()).toBe(false);
    await expect.poll(() => cy.get('ladder-latency').textContent(), POLL).toMatch(/^(< 1 ms|\d{1,3}(\.\d)? ms)$/);
    await cy.say('what day is it?');
    await expect.poll(() => cy.page.locator('.divider-day').last().textContent(), POLL).toBe('Today');
  });

  it('counts down, and says how long it was away, while the clock is set', async () => {
    await using proxy = await FaultProxy.start({ host: '127.0.0.1', port: standalone.port });
    const origin = `http://127.0.0.1:${String(proxy.port)}`;
    const dora = await openLoggedIn('dora', { origin, initScript: skewedClock(0) });
    await moveClock(dora.page, -2 * HOUR_MS);
    await proxy.cut();
    await dora.reaches('reconnecting');
    const seen = new Set<string>();
    await expect
      .poll(async () => {
        seen.add((await dora.get('status-detail').textContent()) ?? '');
        return seen.size;
      }, POLL)
      .toBeGreaterThan(2);
    for (const text of seen) expect(text).toMatch(/^(now…|in \d s|)$/);
    await moveClock(dora.page, 5 * HOUR_MS);
    await proxy.restore();
    await dora.reaches('live');
    expect(await dora.get('diary-note').first().textContent()).toMatch(/after \d{1,2}(\.\d)? s$/);
    await dora.get('status-more').click();
    await expect.poll(() => dora.page.locator('#diary-trip').textContent(), POLL).toMatch(/^\d{1,3}\.\d ms to the/);
  });

  it('asks for the password before a login ends, and keeps the session with it', async () => {
    const password = 'a pass phrase of kim';
    await register('kim', password);
    const kim = await openLoggedIn('kim', {
      lifetimeSeconds: SHORT_LIFE_SECONDS,
      initScript: skewedClock(2 * HOUR_MS),
    });
    expect(await kim.get('login-again').isVisible()).toBe(false);
    await kim.get('login-again').waitFor();
    expect(await kim.page.locator('#login-again-text').textContent()).toMatch(/^Your login is about to end/);
    await kim.page.screenshot({ path: `${SCREENSHOTS}page-login-again.png` });
    await kim.get('login-again-password').fill('not the phrase');
    await kim.page.keyboard.press('Enter');
    await expect.poll(() => kim.get('login-again-problem').textContent(), POLL).toMatch(/do not belong together/);
    await kim.get('login-again-password').fill(password);
    await kim.page.keyboard.press('Enter');
    await expect.poll(() => kim.get('login-again').isVisible(), POLL).toBe(false);
    await kim.say('still here');
    await expect.poll(() => kim.get('message').last().getAttribute('data-state'), POLL).toBe('shown');
    expect(await kim.get('diary-note').count()).toBe(1);
  });

  it('brings back a login that the gateway has ended, with all that was said meanwhile', async () => {
    const password = 'a pass phrase of lea';
    await register('lea', password);
    const lea = await openLoggedIn('lea', {
      lifetimeSeconds: SHORT_LIFE_SECONDS,
      initScript: skewedClock(-2 * HOUR_MS),
    });
    await expect.poll(() => lea.get('status-text').textContent(), POLL).toBe('Login has ended');
    await lea.page.setViewportSize({ width: 390, height: 844 });
    await lea.page.emulateMedia({ colorScheme: 'dark' });
    await lea.page.screenshot({ path: `${SCREENSHOTS}page-login-ended-phone-dark.png` });
    await lea.say('said while logged out');
    await lea.get('login-again-password').fill(password);
    await lea.page.keyboard.press('Enter');
    await lea.reaches('live');
    await expect.poll(() => lea.texts(), POLL).toContain('said while logged out');
    await expect.poll(() => lea.get('message').last().getAttribute('data-state'), POLL).toBe('shown');
  });

  async function register(user: string, password: string): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ user, password });
    const response = await fetch(`${standalone.publicUrl}/auth/register`, { method: 'POST', headers, body });
    expect(response.ok).toBe(true);
  }
});
