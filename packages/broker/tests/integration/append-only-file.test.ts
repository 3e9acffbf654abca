import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasRedisServer, RedisProcess } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';

const MEGABYTE = 1024 * 1024;
const VALUE = 'x'.repeat(64 * 1024);

/** As the deployments start it (apps/standalone/src/config/compose.test.ts holds them to it). */
const ARGS = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--auto-aof-rewrite-min-size', '4mb'];

it.runIf(hasRedisServer())(
  'the append-only file of a Redis with little in it stays small, however much is written',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-aof-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    await using server = await RedisProcess.start([...ARGS, '--dir', folder]);
    const redis = new Redis(server.url);
    onTestFinished(() => {
      redis.disconnect();
    });
    // 12 MB, of which 64 kB remain.
    await Promise.all(Array.from({ length: 192 }, () => redis.set('room', VALUE)));
    const read = async (name: string): Promise<number> =>
      Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(await redis.info('persistence'))?.[1]);
    await expect.poll(() => read('aof_rewrites')).toBeGreaterThan(0);
    await expect.poll(() => read('aof_current_size')).toBeLessThan(4 * MEGABYTE);
  },
);
