import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { ServiceProcess, startGateway, startPublisher, startRedis, UNLIMITED, uniquePrefix } from '@outcry/testkit';

import { launchChromium } from '../e2e/support/browser.ts';

// npm run loadtest-screenshot
//
// Every scenario of the load test over three gateways, and the beginning of its report as docs/LOADTEST.md shows it:
// docs/images/loadtest.png. Five minutes, on a machine that has nothing else to do: the picture has the latencies that it found.

const PICTURE = fileURLToPath(new URL('../../docs/images/loadtest.png', import.meta.url));
const NODES = ['gw-1', 'gw-2', 'gw-3'];
const DURATION_S = '20';

/** The whole of a run, into a file. @throws Error with what the program said, where a check did not hold */
async function writeReport(html: string): Promise<void> {
  const redis = await startRedis();
  const shared = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
  const gateways = NODES.map((nodeId) => startGateway({ ...shared, ...UNLIMITED, nodeId }));
  const publisher = startPublisher({ ...shared, feed: { symbols: 'BTCUSDT,ETHUSDT' } });
  try {
    const targets = (await Promise.all(gateways)).flatMap(({ url }) => ['-u', url]);
    await publisher;
    const args = ['all', ...targets, '-d', DURATION_S, '--html', html];
    const run = new ServiceProcess({ entry: 'tools/loadtest/src/main.ts', args });
    const { code } = await run.exited;
    if (code !== 0) throw new Error(`the load test ended with ${String(code)}:\n${run.output.join('\n')}`);
  } finally {
    const started = await Promise.allSettled([publisher, ...gateways]);
    await Promise.all(started.flatMap((one) => (one.status === 'fulfilled' ? [one.value[Symbol.asyncDispose]()] : [])));
    await redis.stop();
  }
}

async function takePicture(html: string): Promise<void> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1240, height: 1330 }, colorScheme: 'light' });
    await page.goto(pathToFileURL(html).href);
    await page.locator('canvas').first().waitFor();
    await page.screenshot({ path: PICTURE });
  } finally {
    await browser.close();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'outcry-report-'));
try {
  const html = join(folder, 'report.html');
  await writeReport(html);
  await takePicture(html);
} finally {
  await rm(folder, { recursive: true });
}
