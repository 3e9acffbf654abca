import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { Browser } from 'playwright-core';

import { launchChromium, Visitor } from '../e2e/support/browser.ts';
import { Stage } from './stage.ts';
import { TALK } from './talk.ts';

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
const LONG_ROOM = 'archive';
const RECORDED = 'BTCUSD_PERP';

type Size = keyof typeof SIZES;
type Windows = ReadonlyMap<Size, Visitor>;

async function open(browser: Browser, origin: string, path: string): Promise<Windows> {
  const windows = new Map<Size, Visitor>();
  for (const [size, options] of Object.entries(SIZES) as [Size, (typeof SIZES)[Size]][]) {
    windows.set(size, await Visitor.open({ browser, origin, path, ...options }));
  }
  return windows;
}

async function close(windows: Windows): Promise<void> {
  for (const { page } of windows.values()) await page.context().close();
}

async function each(windows: Windows, act: (visitor: Visitor) => Promise<unknown>): Promise<void> {
  for (const visitor of windows.values()) await act(visitor);
}

async function shoot(state: string, windows: Windows): Promise<void> {
  for (const [size, { page }] of windows) {
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${FOLDER}${state}-${size}-${colorScheme}.png` });
    }
  }
}

/** Goes to a panel, where the screen shows one at a time. */
async function goTo(panel: 'chat' | 'book' | 'rail', windows: Windows): Promise<void> {
  await windows.get('phone')?.page.locator(`[data-panel="${panel}"]`).tap();
}

async function shootWelcome(browser: Browser, stage: Stage): Promise<void> {
  const windows = await open(browser, stage.origin, '/');
  await each(windows, (visitor) => visitor.get('join-submit').waitFor());
  await shoot('welcome', windows);
  await close(windows);
}

/** The page's content security policy leaves no other way to wait for it. */
async function awayFromEnd({ page }: Visitor): Promise<void> {
  const isAway = `{
    const log = document.getElementById('chat-log');
    log.scrollHeight - log.scrollTop - log.clientHeight > 200;
  }`;
  while (!(await page.evaluate<boolean>(isAway))) await page.waitForTimeout(50);
}

/** In the middle of more than a page holds, while more is said. */
async function shootReading(browser: Browser, stage: Stage): Promise<void> {
  for (let i = 1; i <= 200; i++) await stage.say('desk', LONG_ROOM, `print ${String(i)}`);
  const windows = await open(browser, stage.origin, `/?name=ann&room=${LONG_ROOM}`);
  await each(windows, async (visitor) => {
    await visitor.get('message').last().waitFor();
    await visitor.get('chat-log').press('PageUp');
    await awayFromEnd(visitor);
  });
  await stage.say('desk', LONG_ROOM, 'print 201');
  await each(windows, (visitor) => visitor.get('chat-newer').waitFor());
  await shoot('reading', windows);
  await close(windows);
}

async function shootFloor(browser: Browser, stage: Stage): Promise<void> {
  for (const { from, text } of TALK) await stage.say(from, ROOM, text);
  const windows = await open(browser, stage.origin, `/?name=ann&room=${ROOM}`);
  await goTo('book', windows);
  await each(windows, async (visitor) => {
    await visitor.reaches('live');
    await visitor.get('ladder-symbol').selectOption('BTCUSDT');
    await visitor.get('ladder-kind').filter({ hasText: 'simulated' }).waitFor();
  });
  await goTo('chat', windows);
  await shoot('chat', windows);
  await goTo('rail', windows);
  await shoot('people', windows);
  await each(windows, (visitor) => visitor.get('members').getByRole('button', { name: 'desk' }).click());
  await each(windows, (visitor) => visitor.page.locator('#chat-empty-text', { hasText: 'Whoever' }).waitFor());
  await shoot('direct', windows);
  await goTo('rail', windows);
  await each(windows, (visitor) => visitor.get('room').getByRole('button').first().click());

  await goTo('book', windows);
  await shoot('ladder', windows);
  await each(windows, async (visitor) => {
    await visitor.get('ladder-symbol').selectOption(RECORDED);
    await visitor.get('ladder-kind').filter({ hasText: 'replay' }).waitFor();
    await visitor.get('level').first().waitFor();
  });
  await shoot('replay', windows);
  await each(windows, (visitor) => visitor.get('ladder-symbol').selectOption('BTCUSDT'));
  stage.simulator.kill();
  await each(windows, (visitor) => visitor.get('ladder-badge').filter({ hasText: 'stale' }).waitFor());
  await shoot('stale', windows);

  await stage.proxy.cut();
  await each(windows, (visitor) => visitor.reaches('reconnecting'));
  await shoot('disconnected-book', windows);
  await goTo('chat', windows);
  await each(windows, (visitor) => visitor.say('said while nobody could hear'));
  await shoot('disconnected', windows);
  await stage.proxy.restore();
  await each(windows, (visitor) => visitor.get('divider-resumed').waitFor());
  await shoot('reconnected', windows);
  await stage.command('announce', {
    data: { text: 'The floor closes at 22:00 for ten minutes. Orders stay where they are.' },
  });
  await each(windows, (visitor) => visitor.get('announcement').waitFor());
  await shoot('announcement', windows);
  await stage.command('disconnect', { user: 'ann' });
  await each(windows, (visitor) => visitor.reaches('closed'));
  await shoot('ended', windows);
  await close(windows);
}

await mkdir(FOLDER, { recursive: true });
const [browser, stage] = await Promise.all([launchChromium(), Stage.start(RECORDED)]);
try {
  await shootWelcome(browser, stage);
  await shootReading(browser, stage);
  await shootFloor(browser, stage);
} finally {
  await browser.close();
  await stage.stop();
}
