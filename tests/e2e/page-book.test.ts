import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { demoDirectory } from '@outcry/demo';
import {
  type GatewayProcess,
  startGateway,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import type { Browser } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { writeRecording } from '../support/write-recording.ts';
import { launchChromium, Visitor, type VisitorOptions } from './support/browser.ts';

const DESKTOP = { viewport: { width: 1440, height: 900 } };
const POLL = { timeout: 15_000, interval: 50 };
const RECORDED = 'BTCUSD_PERP';

/** What is in sight of a side of the ladder, and of the picture of it. */
interface Sights {
  readonly asks: number;
  readonly bids: number;
}

describe("the demo page's book", () => {
  let redis: TestRedis;
  let gateway: GatewayProcess;
  let browser: Browser;
  let folder: string;
  const shared = { redisUrl: '', redisPrefix: uniquePrefix() };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outcry-page-book-'));
    [browser, redis] = await Promise.all([launchChromium(), startRedis()]);
    shared.redisUrl = redis.url;
    gateway = await startGateway({ ...shared, demo: true, demoDir: demoDirectory });
    return async () => {
      await browser.close();
      await gateway[Symbol.asyncDispose]();
      await redis.stop();
      await rm(folder, { recursive: true });
    };
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
  });

  async function open(options: Partial<VisitorOptions> = {}): Promise<Visitor> {
    const path = '/?name=ann&room=pit';
    const visitor = await Visitor.open({ browser, origin: gateway.publicUrl, path, ...DESKTOP, ...options });
    await visitor.get('level').first().waitFor({ state: 'attached' });
    return visitor;
  }

  /** How many levels can be seen whole. */
  async function sightsOf({ page }: Visitor): Promise<Sights> {
    return page.evaluate<Sights>(`{
      const count = (id) => {
        const side = document.getElementById(id);
        const { top, bottom } = side.getBoundingClientRect();
        const rows = [...side.children].map((row) => row.getBoundingClientRect());
        return rows.filter((row) => row.height >= 12 && row.top >= top - 1 && row.bottom <= bottom + 1).length;
      };
      ({ asks: count('asks'), bids: count('bids') });
    }`);
  }

  it.each([
    { width: 1440, height: 900 },
    { width: 1024, height: 640 },
    { width: 1280, height: 720 },
    { width: 390, height: 844 },
  ])('shows ten levels a side in a window of $width by $height', async (viewport) => {
    await using _publisher = await startPublisher({ ...shared, feed: { symbols: 'BTCUSDT' } });
    const ann = await open({ viewport });
    if (viewport.width < 900) await ann.get('tab-book').click();
    await expect.poll(() => sightsOf(ann), POLL).toEqual({ asks: 10, bids: 10 });
  });

  it('says that prices are made up, or recorded, beside the book and in the list', async () => {
    const file = join(folder, 'minute.jsonl');
    await writeRecording(file, RECORDED);
    await using _simulator = await startPublisher({ ...shared, feed: { symbols: 'BTCUSDT' } });
    await using _replay = await startPublisher({ ...shared, feed: { source: 'recording', file, loop: true } });
    const ann = await open();
    const symbols = ann.get('ladder-symbol');
    await expect.poll(() => symbols.locator('option').count(), POLL).toBe(2);
    expect(await symbols.locator('optgroup[label="Simulated"] option').allTextContents()).toEqual(['BTCUSDT']);
    expect(await symbols.locator('optgroup[label="Replay"] option').allTextContents()).toEqual([RECORDED]);

    for (const [symbol, kind] of [
      ['BTCUSDT', 'simulated'],
      [RECORDED, 'replay'],
    ] as const) {
      await symbols.selectOption(symbol);
      await expect.poll(() => ann.get('ladder-kind').textContent(), POLL).toBe(kind);
      await expect.poll(() => ann.get('ladder-badge').getAttribute('data-state'), POLL).toBe('live');
      expect(await ann.get('ladder-badge').textContent()).toBe('');
    }
    expect(await ann.get('ladder-age').textContent()).toMatch(/2024/);
    expect(ann.problems).toEqual([]);
  });

  it('says how old a book is that is stale, and the pill above does not say that all is well', async () => {
    await using publisher = await startPublisher({ ...shared, feed: { symbols: 'BTCUSDT' } });
    const ann = await open();
    await ann.reaches('live');
    await expect.poll(() => ann.get('ladder-age').textContent(), POLL).toBe('');
    publisher.kill();
    await ann.reaches('stale');
    expect(await ann.get('status-text').textContent()).toBe('Stale book');
    expect(await ann.get('status-detail').textContent()).toBe('BTCUSDT');
    expect(await ann.get('ladder-badge').textContent()).toBe('stale');
    const ages = new Set<number>();
    await expect
      .poll(async () => {
        const [, age = ''] = /^(\d+) s old$/.exec((await ann.get('ladder-age').textContent()) ?? '') ?? [];
        ages.add(Number(age));
        return ages.size;
      }, POLL)
      .toBeGreaterThan(2);
    expect([...ages]).toEqual([...ages].toSorted((a, b) => a - b));
    await using _next = await startPublisher({ ...shared, feed: { symbols: 'BTCUSDT' } });
    await ann.reaches('live');
    await expect.poll(() => ann.get('ladder-age').textContent(), POLL).toBe('');
  });

  it('draws the depth around the middle of the book, with as much to the left as to the right', async () => {
    await using _publisher = await startPublisher({ ...shared, feed: { symbols: 'BTCUSDT', rate: 1 } });
    const ann = await open();
    const priceOf = async (id: string): Promise<number> =>
      Number(((await ann.get(id).textContent()) ?? '').replaceAll(',', ''));
    await expect
      .poll(async () => {
        const [from, middle, to] = [
          await priceOf('depth-from'),
          await priceOf('depth-middle'),
          await priceOf('depth-to'),
        ];
        return from < middle && Math.abs(middle - from - (to - middle)) < 0.011;
      }, POLL)
      .toBe(true);
    expect(await ann.get('depth-totals').locator('span').count()).toBeGreaterThan(0);
    expect(await ann.get('depth-chart').getAttribute('aria-label')).toMatch(
      /^[\d.,]+ bid down to .*; [\d.,]+ offered up to/,
    );
    const plot = await ann.page.locator('#depth-plot').boundingBox();
    if (plot === null) throw new Error('expected a picture of the depth');
    await ann.page.mouse.move(plot.x + 4, plot.y + plot.height / 2);
    await expect.poll(() => ann.get('depth-reading').textContent(), POLL).toMatch(/^[\d.,]+ to [\d.,]+$/);
  });
});
