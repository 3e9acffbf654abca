import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RedisProcess } from '@outcry/testkit';

/**
 * Starts a Redis that keeps every write, over a kill too, in a folder of its own; `end` removes both. With `everysec` it would not:
 * while a sync is in progress, which on a busy disk is seconds, it answers before it has written (Redis, `flushAppendOnlyFile`).
 */
export async function startPersistentRedis(): Promise<{ redis: RedisProcess; end: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'outcry-redis-'));
  const redis = await RedisProcess.start(['--appendonly', 'yes', '--appendfsync', 'always', '--dir', directory]);
  return {
    redis,
    end: async () => {
      await redis[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}
