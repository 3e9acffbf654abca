import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { hasRedisServer, RedisProcess, ServiceProcess } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SERVICES = {
  'services/gateway/src/main.ts': { OUTCRY_PORT: '0' },
  'services/feed-publisher/src/main.ts': {},
  'apps/standalone/src/start.ts': { OUTCRY_PORT: '0', OUTCRY_DEMO: 'false', OUTCRY_MEMORY: 'true' },
} as const;
type Entry = keyof typeof SERVICES;

const FATAL = 60;

describe.runIf(hasRedisServer())('a service whose Redis is none that it can use', () => {
  const servers: RedisProcess[] = [];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outcry-redis-'));
  });
  afterAll(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function start(starting: Promise<RedisProcess>): Promise<string> {
    const server = await starting;
    servers.push(server);
    return server.url;
  }

  /** Runs the service until it ends, and gives the reasons that it told. All that it says has to be on its log, and no stack. */
  async function reasonsOf(entry: Entry, redisUrl: string): Promise<readonly unknown[]> {
    const env = { ...SERVICES[entry], OUTCRY_REDIS_URL: redisUrl, OUTCRY_INTERNAL_PORT: '0' };
    const service = new ServiceProcess({ entry, env });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.log).toHaveLength(service.output.length);
    const failures = service.log.filter(({ level }) => level === FATAL);
    for (const failure of failures) expect(failure).not.toHaveProperty('err');
    return failures.map(({ msg, reason }) => `${msg}: ${String(reason)}`);
  }

  describe.each(Object.keys(SERVICES) as Entry[])('%s', (entry) => {
    it('says so in one sentence of a node of a Redis Cluster', async () => {
      const url = await start(RedisProcess.startClusterNode(['--dir', await mkdtemp(join(folder, 'cluster-'))]));
      expect(await reasonsOf(entry, url)).toEqual([
        `start failed: Redis at ${url} is a node of a Redis Cluster: outcry needs redis+cluster://host:port in its place`,
      ]);
    });

    it('says so in one sentence of one that wants a password', async () => {
      const url = await start(RedisProcess.start(['--requirepass', 'swordfish']));
      const [reason, ...others] = await reasonsOf(entry, url);
      expect(others).toEqual([]);
      expect(reason).toContain('password');
      expect(reason).not.toMatch(/NOAUTH|HELLO/);
    });

    it('says so in one sentence of a database of its own', async () => {
      const [reason, ...others] = await reasonsOf(entry, 'redis://127.0.0.1:6379/2');
      expect(others).toEqual([]);
      expect(reason).toContain('OUTCRY_REDIS_PREFIX');
    });
  });
});
