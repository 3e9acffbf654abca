import { hasRedisServer, leasePort, RawClient, readHealth, RedisProcess, ServiceProcess } from '@outcry/testkit';
import { describe, it } from 'vitest';

const ENTRIES = {
  gateway: 'services/gateway/src/main.ts',
  inbound: 'services/inbound/src/main.ts',
  archive: 'services/archive/src/main.ts',
} as const;
type Name = keyof typeof ENTRIES;

/** Redis is asked for first: nobody gets as far as to this one. */
const NO_DATABASE = 'postgres://outcry@127.0.0.1:1/none';
const DEADLINE_MS = 30_000;
const FATAL = 60;

interface Started extends AsyncDisposable {
  readonly service: ServiceProcess;
  readonly internalUrl: string;
}

/** Before its Redis. */
async function start(name: Name, redisUrl: string, waitMs: number): Promise<Started> {
  const lease = await leasePort();
  const service = new ServiceProcess({
    entry: ENTRIES[name],
    env: {
      OUTCRY_REDIS_URL: redisUrl,
      OUTCRY_REDIS_WAIT_MS: String(waitMs),
      OUTCRY_INTERNAL_PORT: String(lease.port),
      ...(name === 'gateway' ? { OUTCRY_PORT: '0', OUTCRY_API_KEYS: 'a-key-of-servers' } : {}),
      ...(name === 'inbound' ? { OUTCRY_POSTGRES_URL: NO_DATABASE } : {}),
      ...(name === 'archive' ? { OUTCRY_ARCHIVE_URL: NO_DATABASE } : {}),
    },
  });
  return {
    service,
    internalUrl: `http://127.0.0.1:${String(lease.port)}`,
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      lease[Symbol.dispose]();
    },
  };
}

const ofLog = ({ service }: Started, message: string): readonly unknown[] =>
  service.log.filter(({ msg }) => msg === message).map(({ reason }) => reason);

/** The feed publisher's own is in its service.test.ts. */
describe.runIf(hasRedisServer())('a service that is started before its Redis', () => {
  it.concurrent('(gateway) lives, says what it waits for, and serves as soon as that is there', async ({ expect }) => {
    await using redis = await RedisProcess.start();
    await redis.kill();
    await using started = await start('gateway', redis.url, DEADLINE_MS);
    await started.service.waitForLog('waiting for redis');
    expect(await readHealth(started.internalUrl, '/healthz')).toMatchObject({ status: 200 });
    const { status, summary } = await readHealth(started.internalUrl, '/readyz');
    expect(status).toBe(503);
    expect(summary).toMatch(/^broker unavailable, the start waits: cannot reach Redis at redis:\/\/\S+: ECONNREFUSED /);
    expect(await publish(started)).toBe(503);
    await redis.restart();
    const { port } = await started.service.waitForLog('gateway listening');
    expect(await readHealth(started.internalUrl, '/readyz')).toMatchObject({ status: 200 });
    expect(ofLog(started, 'waiting for redis')).toHaveLength(1);
    expect(await publish(started)).toBe(200);
    const client = await RawClient.connect({ url: `ws://127.0.0.1:${String(port)}/ws`, encoding: 'json' });
    client.socket.destroy();
  });

  it.concurrent.for(['inbound', 'archive'] as const)(
    '(%s) ends with 1 and the reason where nothing comes in time',
    async (name, { expect }) => {
      using nobody = await leasePort();
      const url = `redis://127.0.0.1:${String(nobody.port)}`;
      await using started = await start(name, url, 500);
      expect(await started.service.exited).toEqual({ code: 1, signal: null });
      const reason = `cannot reach Redis at ${url}: ECONNREFUSED 127.0.0.1:${String(nobody.port)}`;
      expect(ofLog(started, 'waiting for redis')).toEqual([reason]);
      expect(started.service.log.filter(({ level }) => level === FATAL)).toMatchObject([
        { msg: 'start failed', reason },
      ]);
    },
  );
});

async function publish({ internalUrl }: Started): Promise<number> {
  const { status } = await fetch(`${internalUrl}/api/publish`, {
    method: 'POST',
    headers: { authorization: 'Bearer a-key-of-servers', 'content-type': 'application/json' },
    body: JSON.stringify({ room: 'lobby', data: 'x' }),
  });
  return status;
}
