import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { ServiceProcess, startGateway, startPublisher, startRedis, UNLIMITED, uniquePrefix } from '@outcry/testkit';

import { launchChromium } from '../e2e/support/browser.ts';

// npm run loadtest-screenshot
//
// Every scenario of the load test over three gateways, and the beginning of its report as docs/LOADTEST.md shows it:
// docs/images/loadtest.png. Five minutes, on a machine that has nothing else to do: the picture has the latencies that it found.

const ROOT = new URL('../../', import.meta.url);
const PICTURE = fileURLToPath(new URL('docs/images/loadtest.png', ROOT));
/** From the root, where the load test runs: the picture has it among the words of the command. */
const REPORT = 'artifacts/report.html';
const NODES = ['gw-1', 'gw-2', 'gw-3'];
const DURATION_S = '20';

/** The whole of a run. @throws Error with what the program said, where a check did not hold */
async function writeReport(): Promise<void> {
  const redis = await startRedis();
  const shared = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
  const gateways = NODES.map((nodeId) => startGateway({ ...shared, ...UNLIMITED, nodeId }));
  const publisher = startPublisher({ ...shared, feed: { symbols: 'BTCUSDT,ETHUSDT' } });
  try {
    const targets = (await Promise.all(gateways)).flatMap(({ url }) => ['-u', url]);
    await publisher;
    const args = ['all', ...targets, '-d', DURATION_S, '--html', REPORT];
    const run = new ServiceProcess({ entry: 'tools/loadtest/src/main.ts', args });
    const { code } = await run.exited;
    if (code !== 0) throw new Error(`the load test ended with ${String(code)}:\n${run.output.join('\n')}`);
  } finally {
    const started = await Promise.allSettled([publisher, ...gateways]);
    await Promise.all(started.flatMap((one) => (one.status === 'fulfilled' ? [one.value[Symbol.asyncDispose]()] : [])));
    await redis.stop();
  }
}

async function takePicture(): Promise<void> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1240, height: 1330 }, colorScheme: 'light' });
    await page.goto(new URL(REPORT, ROOT).href);
    await page.locator('canvas').first().waitFor();
    await page.screenshot({ path: PICTURE });
  } finally {
    await browser.close();
  }
}

await mkdir(new URL('artifacts/', ROOT), { recursive: true });
await writeReport();
await takePicture();
