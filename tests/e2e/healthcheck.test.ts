import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { leasePort, readHealth, type ServiceProcess, startGateway, startPublisher, startRedis } from '@outcry/testkit';
import { describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../deploy/docker/healthcheck.sh', import.meta.url));
/** What the image's check says of a service, as its exit code. Nothing but bash runs for it. */
async function check(port: number, path: string): Promise<number | null> {
  const env = { PATH: '/nowhere', OUTCRY_INTERNAL_PORT: String(port) };
  const process = spawn('/bin/bash', [SCRIPT, path], { env, stdio: 'ignore' });
  const [code] = (await once(process, 'close')) as [number | null];
  return code;
}

describe('the health check of the images', () => {
  it('tells what a gateway says of itself', async () => {
    await using redis = await startRedis();
    await using gateway = await startGateway({ redisUrl: redis.url, nodeId: 'a' });
    const port = Number(new URL(gateway.internalUrl).port);
    expect(await check(port, '/healthz')).toBe(0);
    expect(await check(port, '/readyz')).toBe(0);
    expect(await check(port, '/nowhere')).toBe(1);
    const { report } = await readHealth(gateway.internalUrl, '/status');
    expect(report).toMatchObject({ status: 'ok', service: 'gateway', node: 'a', load: { connections: 0 } });
  });

  it('tells that a feed publisher is not ready', async () => {
    await using redis = await startRedis();
    const file = new URL('../../services/feed-publisher/tests/fixtures/two-events.jsonl', import.meta.url).pathname;
    const feed = { source: 'recording', file: `TEST=${file}`, speed: 'max', loop: false } as const;
    await using publisher = await startPublisher({ redisUrl: redis.url, feed });
    await publisher.waitForLog('feed ended');
    const port = portOf(publisher);
    expect(await check(port, '/healthz')).toBe(0);
    await expect.poll(() => check(port, '/readyz')).toBe(1);
  });

  it('fails where nobody listens', async () => {
    using nobody = await leasePort();
    expect(await check(nobody.port, '/healthz')).toBe(1);
  });
});

function portOf({ log }: ServiceProcess): number {
  return Number(log.find(({ msg }) => msg === 'feed publisher started')?.['internalPort']);
}
