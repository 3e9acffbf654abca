import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { connect, type Room } from '@outcry/client';
import { demoDirectory } from '@outcry/demo';
import { FaultProxy, startGateway, startPublisher, startRedis, uniquePrefix } from '@outcry/testkit';

import { launchChromium, Visitor } from '../e2e/support/browser.ts';
import { TALK } from './talk.ts';
import { writeRecording } from '../support/write-recording.ts';

// npm run screenshots
//
// The page in every state that it can be in, at three sizes, light and dark: artifacts/page/<state>-<size>-<scheme>.png.

const FOLDER = fileURLToPath(new URL('../../artifacts/page/', import.meta.url));
const SIZES = {
  wide: { viewport: { width: 1440, height: 900 } },
  small: { viewport: { width: 1024, height: 640 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};
const SCHEMES = ['light', 'dark'] as const;
const ROOM = 'pit';
const REPLAYED = 'ETHUSDT';

interface Window {
  readonly size: keyof typeof SIZES;
  readonly visitor: Visitor;
}

async function shoot(state: string, windows: readonly Window[]): Promise<void> {
  for (const { size, visitor } of windows) {
    for (const colorScheme of SCHEMES) {
      await visitor.page.emulateMedia({ colorScheme });
      await visitor.page.screenshot({ path: join(FOLDER, `${state}-${size}-${colorScheme}.png`) });
    }
  }
}

/** Goes to a panel, where the screen shows one at a time. */
async function goTo(panel: 'chat' | 'book' | 'rail', windows: readonly Window[]): Promise<void> {
  for (const { size, visitor } of windows) {
    if (size === 'phone') await visitor.page.locator(`[data-panel="${panel}"]`).tap();
  }
}

await mkdir(FOLDER, { recursive: true });
const temporary = await mkdtemp(join(tmpdir(), 'outcry-screenshots-'));
const recording = join(temporary, 'minute.jsonl');
await writeRecording(recording, REPLAYED);
const [browser, redis] = await Promise.all([launchChromium(), startRedis()]);
const shared = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
const [gateway, simulator, replay] = await Promise.all([
  startGateway({ ...shared, nodeId: 'gw-1', demo: true, demoDir: demoDirectory, maxFramesPerSecond: 0 }),
  startPublisher({ ...shared, feed: { symbols: 'BTCUSDT' } }),
  startPublisher({ ...shared, feed: { source: 'recording', file: recording, loop: true } }),
]);
const proxy = await FaultProxy.start({ host: '127.0.0.1', port: gateway.port });
const origin = `http://127.0.0.1:${String(proxy.port)}`;

const people = new Map<string, Room>();
for (const { from, text } of TALK) {
  const room = people.get(from) ?? connect(gateway.url, { token: from }).join(ROOM);
  people.set(from, room);
  await room.publish({ text });
}

const welcome: Window[] = [];
for (const size of ['wide', 'small', 'phone'] as const) {
  welcome.push({ size, visitor: await Visitor.open({ browser, origin, path: '/', ...SIZES[size] }) });
}
for (const { visitor } of welcome) await visitor.get('join-submit').waitFor();
await shoot('welcome', welcome);
for (const { visitor } of welcome) await visitor.page.close();

const windows: Window[] = [];
for (const size of ['wide', 'small', 'phone'] as const) {
  const path = `/?name=ann&room=${ROOM}`;
  windows.push({ size, visitor: await Visitor.open({ browser, origin, path, ...SIZES[size] }) });
}
for (const { visitor } of windows) {
  await visitor.reaches('live');
  await visitor.get('message').last().waitFor();
  await visitor.get('level').first().waitFor({ state: 'attached' });
}
await shoot('chat', windows);
await goTo('rail', windows);
await shoot('people', windows);
await goTo('book', windows);
await shoot('ladder', windows);
for (const { visitor } of windows) await visitor.get('ladder-symbol').selectOption(REPLAYED);
for (const { visitor } of windows) await visitor.page.locator('#mid', { hasText: '2,684' }).waitFor();
await shoot('replay', windows);
for (const { visitor } of windows) await visitor.get('ladder-symbol').selectOption('BTCUSDT');
simulator.kill();
for (const { visitor } of windows) await visitor.get('ladder-badge').filter({ hasText: 'stale' }).waitFor();
await shoot('stale', windows);
await proxy.cut();
for (const { visitor } of windows) await visitor.reaches('reconnecting');
await shoot('disconnected-book', windows);
await goTo('chat', windows);
for (const { visitor } of windows) await visitor.say('said while nobody could hear');
await shoot('disconnected', windows);

await browser.close();
await Promise.all([proxy, gateway, simulator, replay].map((part) => part[Symbol.asyncDispose]()));
await redis.stop();
await rm(temporary, { recursive: true });
process.exit(0);
