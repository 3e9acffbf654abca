import { mkdir } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

import type { Browser, Page } from 'playwright-core';

import { launchChromium, Visitor } from '../e2e/support/browser.ts';
import { ConsoleStage, DESK_KEY } from '../e2e/support/console-stage.ts';

// npm run console-screenshots [-- --docs]
//
// Every view of the console, wide and on a phone, light and dark: artifacts/console/<view>-<size>-<scheme>.png. With --docs those that
// docs/CONSOLE.md shows are written to docs/images.

const ARTIFACTS = fileURLToPath(new URL('../../artifacts/console/', import.meta.url));
const DOCS = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const SIZES = {
  wide: { viewport: { width: 1240, height: 860 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};
const SCHEMES = ['light', 'dark'] as const;

/** Each with what is there once it is whole. */
const VIEWS: readonly (readonly [name: string, hash: string, isThere: string])[] = [
  ['overview', '#/', '[data-testid="node"]'],
  ['rooms', '#/rooms', '[data-testid="room"]'],
  ['stored', '#/rooms?by=bytes', '[data-testid="room"]'],
  ['room', '#/rooms/lobby', '[data-testid="message"]'],
  ['clients', '#/clients', '[data-testid="busy"]'],
  ['story', '#/users/ann', '[data-testid="why"]'],
  ['open', '#/users/bob', '[data-testid="open"]'],
  ['books', '#/books', '[data-testid="book"]'],
  ['health', '#/health', '[data-testid="check"]'],
  ['shards', '#/health/shards', '[data-testid="shard"]'],
  ['hooks', '#/health/hooks', '[data-testid="hook"]'],
  ['archive', '#/health/archive', '[data-testid="reader"]'],
];
const IN_DOCS = new Set([
  'overview-wide-light',
  'story-wide-light',
  'stored-wide-light',
  'hooks-wide-light',
  'overview-phone-dark',
]);

async function shoot(page: Page, name: string, size: string): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    const picture = `${name}-${size}-${colorScheme}`;
    await page.screenshot({ path: `${ARTIFACTS}${picture}.png`, fullPage: size === 'phone' && name !== 'drain' });
    if (argv.includes('--docs') && IN_DOCS.has(picture))
      await page.screenshot({ path: `${DOCS}console-${picture}.png` });
  }
}

async function shootAll(browser: Browser, stage: ConsoleStage, size: keyof typeof SIZES): Promise<void> {
  const visitor = await Visitor.open({ browser, origin: stage.origin, path: '/console/', ...SIZES[size] });
  const { page } = visitor;
  await visitor.get('key').waitFor();
  await shoot(page, 'entrance', size);
  await visitor.get('key').fill(DESK_KEY);
  await visitor.get('enter').click();
  await visitor.get('node').first().waitFor();
  for (const [name, hash, isThere] of VIEWS) {
    await page.goto(`${stage.origin}/console/${hash}`);
    await page.locator(isThere).first().waitFor();
    await shoot(page, name, size);
  }
  await page.goto(`${stage.origin}/console/#/`);
  await visitor.get('do-drain').first().click();
  await visitor.get('confirm-yes').waitFor();
  await shoot(page, 'drain', size);
  if (visitor.problems.length > 0) console.error(visitor.problems);
  await page.context().close();
}

await mkdir(ARTIFACTS, { recursive: true });
const [browser, stage] = await Promise.all([launchChromium(), ConsoleStage.start()]);
try {
  await stage.play();
  for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[]) await shootAll(browser, stage, size);
} finally {
  await browser.close();
  await stage.stop();
}
