import { parseArgs } from 'node:util';

import { connect, type Room } from '@outcry/client';
import { startStandalone } from '@outcry/testkit';
import type { CDPSession, Page } from 'playwright-core';

import { launchChromium, Visitor } from '../e2e/support/browser.ts';

// node tests/page/log-cost.ts [--seconds=20] [--rate=50]
//
// What the chat log costs: 1,000 entries, so many messages a second, read at the end, in the middle, and not at all.

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, rate: { type: 'string', default: '50' } },
});
const SECONDS = Number(values.seconds);
const RATE = Number(values.rate);
/** As many as the page holds, and as a room keeps. */
const ENTRIES = 1_000;
const TEXT = 'two lots at the touch, then nothing for three ticks';

/** Of the page's main thread, in seconds; counts as they are. */
type Metrics = Readonly<Record<string, number>>;

async function metricsOf(cdp: CDPSession): Promise<Metrics> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

async function measure(cdp: CDPSession, page: Page): Promise<Readonly<Record<string, string>>> {
  const before = await metricsOf(cdp);
  await page.waitForTimeout(SECONDS * 1_000);
  const after = await metricsOf(cdp);
  const per = (name: string): number => ((after[name] ?? 0) - (before[name] ?? 0)) / SECONDS;
  const share = (name: string): string => `${(per(name) * 100).toFixed(1)} %`;
  return {
    'main thread': share('TaskDuration'),
    script: share('ScriptDuration'),
    layout: share('LayoutDuration'),
    style: share('RecalcStyleDuration'),
    'layouts a second': per('LayoutCount').toFixed(0),
  };
}

/** Publishes at an even pace, until it is stopped. */
function shout(room: Room): () => void {
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    room.publish({ text: `${TEXT} · ${String(count)}` }).catch(console.error);
  }, 1_000 / RATE);
  return () => {
    clearInterval(timer);
  };
}

/** Scrolls back to the first message. */
async function fill(visitor: Visitor): Promise<void> {
  const end = visitor.get('chat-past').filter({ hasText: 'As far back' });
  while ((await end.count()) === 0) await visitor.get('chat-log').press('Home');
}

const gateway = await startStandalone({ maxFramesPerSecond: 0 });
const desk = connect(gateway.url, { token: 'desk', maxFramesPerSecond: 0, maxPendingRequests: 10_000 });
const room = desk.join('pit');
for (let i = 0; i < ENTRIES; i++) await room.publish({ text: `${TEXT} · before ${String(i)}` });

const browser = await launchChromium();
const viewport = { width: 1440, height: 900 };
const visitor = await Visitor.open({ browser, origin: gateway.publicUrl, path: '/?name=ann&room=pit', viewport });
await visitor.reaches('live');
await visitor.get('level').first().waitFor();
const cdp = await visitor.page.context().newCDPSession(visitor.page);
await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });

const rows: Record<string, Readonly<Record<string, string>>> = {};
await fill(visitor);
await visitor.get('chat-log').press('End');
rows['no message'] = await measure(cdp, visitor.page);
const stop = shout(room);
rows['read at the end'] = await measure(cdp, visitor.page);
await visitor.page.evaluate(`{
  const log = document.getElementById('chat-log');
  log.scrollTop = log.scrollHeight / 2;
}`);
rows['read in the middle'] = await measure(cdp, visitor.page);
stop();
console.table(rows);

desk.close();
await browser.close();
await gateway[Symbol.asyncDispose]();
