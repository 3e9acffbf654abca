import { fileURLToPath } from 'node:url';

import { type Client, connect, type Room } from '@outcry/client';
import { demoDirectory } from '@outcry/demo';
import {
  type GatewayProcess,
  type ServiceProcess,
  startGateway,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { launchChromium, Visitor, type VisitorOptions } from './support/browser.ts';
import { TcpBalancer } from './support/tcp-balancer.ts';

const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const SCREENSHOTS = fileURLToPath(new URL('../../artifacts/', import.meta.url));
const POLL = { timeout: 30_000, interval: 50 };
const PAST = 120;

const TALK = [
  'who has size below 61.8?',
  'two lots at the touch, then nothing for three ticks',
  'I see it. thin on the bid, they are waiting for the print',
  'then let them wait. I am at the offer until somebody shouts',
];

/** What a page's payload is, from a process without a page. */
interface Said {
  readonly text: string;
}

describe('the demo page in a cluster', () => {
  const clients: Client[] = [];
  let redis: TestRedis;
  let gateways: readonly GatewayProcess[];
  let publisher: ServiceProcess;
  let browser: Browser;

  beforeAll(async () => {
    [browser, redis] = await Promise.all([launchChromium(), startRedis()]);
    const shared = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
    const settings = { ...shared, demo: true, demoDir: demoDirectory, maxFramesPerSecond: 0 };
    [publisher, ...gateways] = await Promise.all([
      startPublisher({ ...shared, feed: { symbols: 'BTCUSDT,ETHUSDT' } }),
      ...['a', 'b', 'c'].map((nodeId) => startGateway({ ...settings, nodeId })),
    ]);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all(browser.contexts().map((context) => context.close()));
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([publisher, ...gateways].map((started) => started[Symbol.asyncDispose]()));
    await redis.stop();
  });

  function open(origin: string, path: string, options: Partial<VisitorOptions> = {}): Promise<Visitor> {
    return Visitor.open({ browser, origin, path, ...DESKTOP, ...options });
  }

  /** The ports of all gateways, beginning with this one's. */
  function portsFrom(first: number): readonly number[] {
    const ports = gateways.map(({ port }) => port);
    return [...ports.slice(first), ...ports.slice(0, first)];
  }

  function join(port: number | undefined, token: string, room: string): { room: Room<Said>; texts: string[] } {
    const client = connect(`ws://127.0.0.1:${String(port)}/ws`, { token, maxFramesPerSecond: 0 });
    clients.push(client);
    const texts: string[] = [];
    return { texts, room: client.join<Said>(room, { onMessage: ({ data }) => texts.push(data.text) }) };
  }

  it('scrolls back to the first message, holds several rooms and direct messages, and counts tabs and what is new', async () => {
    const desk = join(gateways[2]?.port, 'desk', 'pit');
    const past = Array.from({ length: PAST }, (_, i) => `${TALK[i % TALK.length] ?? ''} · ${String(i + 1)}`);
    await Promise.all(past.map((text) => desk.room.publish({ text })));

    const origins = gateways.map(({ publicUrl }) => publicUrl);
    const ann = await open(origins[0] ?? '', '/?name=ann&room=pit', { colorScheme: 'dark' });
    const bob = await open(origins[1] ?? '', '/?name=bob&room=pit', { ...PHONE, colorScheme: 'dark' });
    const bobsTab = await open(origins[1] ?? '', '/?name=bob&room=pit');
    await expect.poll(() => ann.texts(), POLL).toEqual(past.slice(-50));
    await expect
      .poll(async () => {
        await ann.get('chat-log').press('Home');
        return ann.texts();
      }, POLL)
      .toEqual(past);
    await expect.poll(() => ann.get('chat-past').textContent(), POLL).toBe('As far back as #pit goes');

    await ann.get('room-input').fill('#Floor');
    await ann.page.keyboard.press('Enter');
    await expect.poll(() => ann.get('room-name').textContent(), POLL).toBe('Floor');
    await expect.poll(() => ann.texts(), POLL).toEqual([]);
    await desk.room.publish({ text: 'is anybody still looking at the pit?' });
    await expect.poll(() => ann.get('unread').textContent(), POLL).toBe('1 unread');
    await ann.get('room').filter({ hasText: 'pit' }).getByRole('button').first().click();
    await expect.poll(() => ann.get('unread').count(), POLL).toBe(0);
    await expect.poll(() => ann.get('member-tabs').textContent(), POLL).toBe('2 tabs');

    await ann.get('members').getByRole('button', { name: 'bob' }).click();
    await ann.say('a word in private?');
    for (const tab of [bob, bobsTab]) await expect.poll(() => tab.get('unread').textContent(), POLL).toBe('1 unread');
    await bob.get('tab-rail').tap();
    await bob.page.screenshot({ path: `${SCREENSHOTS}page-phone-rooms-dark.png` });
    await bob.get('direct').getByRole('button').tap();
    await expect.poll(() => bob.texts(), POLL).toEqual(['a word in private?']);
    await bob.say('always. what do you see?');
    const aside = ['a word in private?', 'always. what do you see?'];
    await expect.poll(() => ann.texts(), POLL).toEqual(aside);
    await bobsTab.get('direct').getByRole('button').click();
    await expect.poll(() => bobsTab.texts(), POLL).toEqual(aside);

    await ann.page.reload();
    await ann.get('direct').getByRole('button').click();
    await expect.poll(() => ann.texts(), POLL).toEqual(aside);
    await ann.get('level').first().waitFor();
    await ann.page.screenshot({ path: `${SCREENSHOTS}page-direct-dark.png` });
    await bob.page.screenshot({ path: `${SCREENSHOTS}page-phone-direct-dark.png` });
    for (const visitor of [ann, bob, bobsTab]) {
      expect(visitor.problems).toEqual([]);
      expect(visitor.foreignRequests).toEqual([]);
    }
  });

  it('loses no message when a gateway is killed, and says truthfully what it knows meanwhile', async () => {
    await using forAnn = await TcpBalancer.start(portsFrom(0));
    await using forBob = await TcpBalancer.start(portsFrom(1));
    const desk = join(gateways[2]?.port, 'desk', 'ring');
    const ann = await open(forAnn.origin, '/?name=ann&room=ring');
    const bob = await open(forBob.origin, '/?name=bob&room=ring', PHONE);
    await expect.poll(() => ann.members(), POLL).toEqual(['ann', 'bob', 'desk']);
    await expect.poll(() => bob.members(), POLL).toEqual(['ann', 'bob', 'desk']);
    await expect.poll(() => ann.get('status-detail').textContent(), POLL).toBe('to a');
    await expect.poll(() => ann.get('ladder-badge').getAttribute('data-state'), POLL).toBe('live');

    await desk.room.publish({ text: TALK[0] ?? '' });
    await expect.poll(() => ann.texts(), POLL).toEqual(TALK.slice(0, 1));
    await bob.say(TALK[1] ?? '');
    await expect.poll(() => ann.texts(), POLL).toEqual(TALK.slice(0, 2));
    await ann.say(TALK[2] ?? '');
    await expect.poll(() => bob.texts(), POLL).toEqual(TALK.slice(0, 3));
    await ann.page.screenshot({ path: `${SCREENSHOTS}page-desktop-light.png` });
    await ann.page.emulateMedia({ colorScheme: 'dark' });
    await ann.page.screenshot({ path: `${SCREENSHOTS}page-desktop-dark.png` });
    await bob.page.screenshot({ path: `${SCREENSHOTS}page-phone-light.png` });

    forAnn.shut();
    gateways[0]?.process.kill();
    await ann.reaches('reconnecting');
    await expect.poll(() => ann.get('ladder-badge').getAttribute('data-state'), POLL).toBe('stale');
    await ann.say('said while nobody could hear');
    await bob.say(TALK[3] ?? '');
    await expect.poll(() => desk.texts, POLL).toEqual(TALK);
    await desk.room.publish({ text: 'ann is gone. hold her order' });
    await expect.poll(() => bob.texts(), POLL).toHaveLength(5);
    await expect.poll(() => ann.get('message').last().textContent(), POLL).toMatch(/when the connection is back/);
    await expect.poll(() => ann.get('ladder-checks').textContent(), POLL).toBe('not live');
    await ann.get('status-more').click();
    await ann.page.screenshot({ path: `${SCREENSHOTS}page-disconnected-dark.png` });
    await ann.page.keyboard.press('Escape');

    forAnn.open();
    await ann.reaches('live');
    const talk = [...TALK, 'ann is gone. hold her order', 'said while nobody could hear'];
    for (const visitor of [ann, bob]) await expect.poll(() => visitor.texts(), POLL).toEqual(talk);
    await expect.poll(() => desk.texts, POLL).toEqual(talk);
    await ann.get('divider-resumed').waitFor();
    expect(await ann.get('divider-gap').count()).toBe(0);
    await expect.poll(() => ann.get('ladder-badge').getAttribute('data-state'), POLL).toBe('live');
    const notes = await ann.get('diary-note').allTextContents();
    expect(notes).toHaveLength(3);
    expect(notes[0]).toMatch(/Connected to [bc], after \d+\.\d s/);
    expect(notes[1]).toMatch(/The connection was lost/);
    expect(await bob.get('diary-note').allTextContents()).toEqual([expect.stringMatching(/Connected to b$/)]);
  });
});
