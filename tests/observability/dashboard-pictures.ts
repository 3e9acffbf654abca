import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { type DashboardPicture, isEmpty, renderPage } from '@outcry/observability';
import type { TimeRange } from '@outcry/testkit';
import type { Browser } from 'playwright-core';

import { launchChromium } from '../e2e/support/browser.ts';
import { askDashboard } from './support/ask-dashboard.ts';
import { readDashboardFiles } from './support/dashboard-files.ts';
import { EverydayCluster, SCRAPE_SECONDS } from './support/everyday.ts';

// npm run dashboards-screenshot
//
// Every dashboard over a real Prometheus, which has looked at a real cluster under `npm run loadtest` for two minutes:
// docs/images/dashboards/<name>.png, and the pages that they are pictures of in artifacts/dashboards. Ends with 1 and names the panel
// where there is nothing to see in one.

const PAGES = fileURLToPath(new URL('../../artifacts/dashboards/', import.meta.url));
const PICTURES = fileURLToPath(new URL('../../docs/images/dashboards/', import.meta.url));
const STEP_SECONDS = 2;
const VIEWPORT = { width: 1400, height: 900 };

function captionOf(name: string): string {
  return (
    `Drawn by outcry’s own preview, not by Grafana: deploy/observability/dashboards/${name}.json, and what a real Prometheus answers. ` +
    'Two minutes of npm run loadtest on three gateways; all jobs, instances and encodings.'
  );
}

/** What Prometheus has of two minutes, and the pictures of it. */
async function collectPictures(): Promise<ReadonlyMap<string, DashboardPicture>> {
  const everyday = await EverydayCluster.start();
  try {
    const fromSeconds = now();
    await everyday.loadTest();
    const range: TimeRange = { fromSeconds, toSeconds: now(), stepSeconds: STEP_SECONDS };
    const options = { prometheus: everyday.cluster.prometheus, range, scrapeSeconds: SCRAPE_SECONDS };
    const pictures = new Map<string, DashboardPicture>();
    for (const { name, dashboard } of readDashboardFiles()) {
      pictures.set(name, await askDashboard(dashboard, { ...options, caption: captionOf(name) }));
    }
    return pictures;
  } finally {
    await everyday[Symbol.asyncDispose]();
  }
}

async function draw(browser: Browser, name: string, picture: DashboardPicture): Promise<void> {
  const file = `${PAGES}${name}.html`;
  await writeFile(file, await renderPage(picture));
  const page = await browser.newPage({ viewport: VIEWPORT, colorScheme: 'dark' });
  const problems: unknown[] = [];
  page.on('pageerror', (problem) => problems.push(problem));
  await page.goto(pathToFileURL(file).href);
  if (problems.length > 0) throw new Error(`the page of ${name} fails`, { cause: problems });
  await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true });
  await page.close();
}

/** A multiple of the step: at such moments Grafana asks, too. */
function now(): number {
  return Math.floor(Date.now() / 1000 / STEP_SECONDS) * STEP_SECONDS;
}

await Promise.all([PAGES, PICTURES].map((folder) => mkdir(folder, { recursive: true })));
const pictures = await collectPictures();
const browser = await launchChromium();
try {
  for (const [name, picture] of pictures) await draw(browser, name, picture);
} finally {
  await browser.close();
}
for (const [name, { panels }] of pictures) {
  for (const panel of panels.filter(isEmpty)) {
    process.exitCode = 1;
    console.error(`${name}: there is nothing to see in "${panel.title}"`);
  }
}
