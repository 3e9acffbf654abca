import { type Client, connect, type Room } from '@outcry/client';
import { FaultProxy, type GatewayProcess, type StandaloneOptions, startStandalone, UNLIMITED } from '@outcry/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { launchChromium, Visitor, type VisitorOptions } from './support/browser.ts';

const DESKTOP = { viewport: { width: 1440, height: 900 } };
const POLL = { timeout: 20_000, interval: 50 };
/** More than a page holds. */
const MANY = 1_600;
const AT_ONCE = 50;

/** What a page's payload is, from a process without a page. */
interface Said {
  readonly text: string;
}

/** The message at the top of what is in sight, and how far below the edge it stands. */
interface Place {
  readonly text: string;
  readonly topPx: number;
}

describe("the demo page's log", () => {
  const clients: Client[] = [];
  const started: GatewayProcess[] = [];
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all(browser.contexts().map((context) => context.close()));
    await Promise.all(started.splice(0).map((one) => one[Symbol.asyncDispose]()));
  });
  afterAll(async () => {
    await browser.close();
  });

  async function start(options: StandaloneOptions = {}): Promise<GatewayProcess> {
    const standalone = await startStandalone({ ...UNLIMITED, ...options });
    started.push(standalone);
    return standalone;
  }

  function join({ url }: GatewayProcess, room = 'pit'): Room<Said> {
    const client = connect(url, { token: 'desk', maxFramesPerSecond: 0, maxPendingRequests: 10_000 });
    clients.push(client);
    return client.join<Said>(room, { history: 0 });
  }

  async function open(
    { publicUrl }: Pick<GatewayProcess, 'publicUrl'>,
    options: Partial<VisitorOptions> = {},
  ): Promise<Visitor> {
    const path = '/?name=ann&room=pit';
    const visitor = await Visitor.open({ browser, origin: publicUrl, path, ...DESKTOP, ...options });
    await visitor.reaches('live');
    return visitor;
  }

  function openThrough({ port }: FaultProxy): Promise<Visitor> {
    return open({ publicUrl: `http://127.0.0.1:${String(port)}` });
  }

  /** Says "1", "2" and so on: not more at once than a gateway takes of anybody, or some would come again behind the others. */
  async function say(room: Room<Said>, from: number, to: number): Promise<void> {
    for (let first = from; first <= to; first += AT_ONCE) {
      const count = Math.min(AT_ONCE, to - first + 1);
      await Promise.all(Array.from({ length: count }, (_, i) => room.publish({ text: String(first + i) })));
    }
  }

  async function numbers(visitor: Visitor): Promise<readonly number[]> {
    return (await visitor.texts()).map(Number);
  }

  async function scrollTo({ page }: Visitor, share: number): Promise<void> {
    await page.evaluate(`{
      const log = document.getElementById('chat-log');
      log.scrollTop = (log.scrollHeight - log.clientHeight) * ${String(share)};
    }`);
  }

  /** Where a message stands, or the first in sight, once the lines in sight are laid out and stay where they are. */
  async function restingPlaceOf({ page }: Visitor, text = ''): Promise<Place> {
    const find = `new Promise((resolve) => {
      const edge = document.getElementById('chat-log').getBoundingClientRect().top;
      let before;
      const look = () => {
        const texts = [...document.querySelectorAll('.message-text')].filter((line) =>
          line.checkVisibility({ contentVisibilityAuto: true }),
        );
        const topOf = (line) => Math.round(line.getBoundingClientRect().top - edge);
        const line = texts.find((line) => (${JSON.stringify(text)} || line.textContent) === line.textContent && topOf(line) >= 0);
        const place = { text: line?.textContent ?? '', topPx: line === undefined ? NaN : topOf(line) };
        if (JSON.stringify(place) === JSON.stringify(before)) resolve(place);
        else requestAnimationFrame(() => requestAnimationFrame(look));
        before = place;
      };
      look();
    })`;
    return page.evaluate<Place>(find);
  }

  it('says how far back the room goes, and promises nothing above it', async () => {
    const standalone = await start({ historyCount: 5 });
    await say(join(standalone), 1, 20);
    const ann = await open(standalone);
    await expect.poll(() => numbers(ann), POLL).toEqual([16, 17, 18, 19, 20]);
    await expect.poll(() => ann.get('chat-past').textContent(), POLL).toBe('As far back as #pit goes');
    expect(await ann.get('chat-past-more').isVisible()).toBe(false);
  });

  it('fetches what there is room for where nothing scrolls', async () => {
    const standalone = await start();
    await say(join(standalone), 1, 120);
    const ann = await open(standalone, { viewport: { width: 1440, height: 5_000 } });
    await expect.poll(() => numbers(ann), POLL).toHaveLength(120);
    await expect.poll(() => ann.get('chat-past').textContent(), POLL).toBe('As far back as #pit goes');
  });

  it('leaves in its place what is read in the middle of a full log, and has both ends again', async () => {
    const standalone = await start({ historyCount: 5_000 });
    const room = join(standalone);
    await say(room, 1, MANY);
    const ann = await open(standalone);
    await expect
      .poll(async () => {
        await ann.get('chat-log').press('Home');
        return (await numbers(ann))[0];
      }, POLL)
      .toBe(1);
    await expect.poll(() => ann.get('chat-past').textContent(), POLL).toBe('As far back as #pit goes');

    await scrollTo(ann, 0.5);
    const before = await restingPlaceOf(ann);
    await say(room, MANY + 1, MANY + 300);
    await expect.poll(() => ann.get('chat-newer').textContent(), POLL).toMatch(/^\s*300 new messages/);
    expect(await restingPlaceOf(ann)).toEqual(before);
    expect((await numbers(ann))[0]).toBe(1);

    const seen = new Set<number>();
    await expect
      .poll(async () => {
        const held = await numbers(ann);
        expect(held.length).toBeLessThanOrEqual(1_000);
        expect(held).toEqual(Array.from({ length: held.length }, (_, i) => (held[0] ?? 0) + i));
        for (const number of held) seen.add(number);
        await scrollTo(ann, 1);
        return held.at(-1);
      }, POLL)
      .toBe(MANY + 300);
    expect(seen.size).toBe(MANY + 300);
    await expect.poll(() => ann.get('chat-newer').isVisible(), POLL).toBe(false);
    await say(room, MANY + 301, MANY + 301);
    await expect.poll(async () => (await numbers(ann)).at(-1), POLL).toBe(MANY + 301);
    await expect.poll(() => ann.get('message').last().isVisible(), POLL).toBe(true);
  });

  it.each(['auto', 'none'])(
    'leaves in its place what is read while the past comes in above it, where browsers anchor: %s',
    async (overflowAnchor) => {
      const standalone = await start();
      await say(join(standalone), 1, 300);
      await using proxy = await FaultProxy.start({ host: '127.0.0.1', port: standalone.port });
      const ann = await openThrough(proxy);
      await expect.poll(async () => (await numbers(ann)).at(-1), POLL).toBe(300);
      await ann.page.evaluate(`{
        const sheet = new CSSStyleSheet();
        sheet.replaceSync('.log { overflow-anchor: ${overflowAnchor} }');
        document.adoptedStyleSheets = [sheet];
      }`);
      for (const share of [0.3, 0]) {
        const [first = 0] = await numbers(ann);
        proxy.freeze();
        await scrollTo(ann, share);
        const before = await restingPlaceOf(ann);
        proxy.thaw();
        await expect.poll(async () => (await numbers(ann))[0], POLL).toBeLessThan(first);
        expect(await restingPlaceOf(ann, before.text)).toEqual(before);
      }
    },
  );

  it('goes back to the end by key and by button, and with what one says', async () => {
    const standalone = await start();
    const room = join(standalone);
    await say(room, 1, 300);
    const ann = await open(standalone);
    await expect.poll(async () => (await numbers(ann)).at(-1), POLL).toBe(300);
    const ways = [
      () => ann.get('chat-log').press('End'),
      () => ann.get('chat-newer').click(),
      () => ann.say('said from above'),
    ];
    for (const [index, goBack] of ways.entries()) {
      await scrollTo(ann, 0);
      await say(room, 301 + index, 301 + index);
      await ann.get('chat-newer').waitFor();
      await goBack();
      await expect.poll(() => ann.get('chat-newer').isVisible(), POLL).toBe(false);
    }
    expect(await ann.get('message').last().textContent()).toContain('said from above');
    expect(ann.problems).toEqual([]);
  });

  it('says what a lost connection has cost, and shows all that the room still has', async () => {
    const standalone = await start({ historyCount: 5 });
    const room = join(standalone);
    await say(room, 1, 2);
    await using proxy = await FaultProxy.start({ host: '127.0.0.1', port: standalone.port });
    const ann = await openThrough(proxy);
    await expect.poll(() => numbers(ann), POLL).toEqual([1, 2]);
    await proxy.cut();
    await ann.reaches('reconnecting');
    await say(room, 3, 22);
    await proxy.restore();
    await expect.poll(() => numbers(ann), POLL).toEqual([1, 2, 18, 19, 20, 21, 22]);
    expect(await ann.get('divider-gap').textContent()).toMatch(
      /^Reconnected after (\d{1,2} ms|\d{1,2}(\.\d)? s)\. 15 messages are missing here$/,
    );
  });

  it('makes links of web addresses, and of nothing else', async () => {
    const standalone = await start();
    const room = join(standalone);
    await room.publish({ text: 'see (https://example.org/a_(b)?c=d&e). javascript:alert(1)' });
    await room.publish({ text: '<img src=x onerror="document.title=1"><a href="https://evil.example">here</a>' });
    const ann = await open(standalone);
    await expect.poll(() => ann.get('message').count(), POLL).toBe(2);
    const links = ann.get('message').locator('a');
    expect(await links.allTextContents()).toEqual(['https://example.org/a_(b)?c=d&e', 'https://evil.example']);
    for (const name of ['href', 'target', 'rel'])
      expect(await links.first().getAttribute(name)).toMatch(LINK[name] ?? /^$/);
    expect(await ann.get('message').locator('img').count()).toBe(0);
    expect(await ann.page.title()).not.toBe('1');
    expect([...ann.problems, ...ann.foreignRequests]).toEqual([]);
  });

  it('tells those who listen to the page what is new, not each of many messages', async () => {
    const standalone = await start();
    const room = join(standalone);
    await say(room, 1, 60);
    const ann = await open(standalone);
    await expect.poll(async () => (await numbers(ann)).at(-1), POLL).toBe(60);
    expect(await ann.get('chat-log').getAttribute('aria-live')).toBe('off');
    await room.publish({ text: 'sold to you' });
    await expect.poll(() => ann.get('chat-news').textContent(), POLL).toBe('desk: sold to you');
    await say(room, 61, 100);
    await expect.poll(() => ann.get('chat-news').textContent(), POLL).toMatch(/^\d+ new messages$/);
  });
});

const LINK: Readonly<Record<string, RegExp>> = {
  href: /^https:\/\/example\.org\/a_\(b\)\?c=d&e$/,
  target: /^_blank$/,
  rel: /\bnoopener\b/,
};
