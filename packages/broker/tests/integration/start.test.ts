import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasRedisServer, RedisProcess, SentinelProcess, startRedis, type TestRedis } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRedisBackplane, OutcryError, type ServerInfo } from '../../src/index.ts';
import { Recorder } from '../support/recorder.ts';
import { range, request } from '../support/requests.ts';

const PASSWORD = 'correct-horse';
const A_MINUTE_MS = 60_000;

let redis: TestRedis;
let admin: Redis;

beforeAll(async () => {
  redis = await startRedis({ args: ['--requirepass', PASSWORD] });
  admin = new Redis(redis.url, { password: PASSWORD });
  return async () => {
    admin.disconnect();
    await redis.stop();
  };
});

/** Shorter than any attempt takes: there is one. */
const AT_ONCE = 1;

async function failToStart(url: string, startTimeoutMs = AT_ONCE): Promise<OutcryError> {
  const recorder = new Recorder();
  const backplane = createRedisBackplane({ url, startTimeoutMs });
  const fault: unknown = await backplane.start(recorder).catch((error: unknown) => error);
  if (!(fault instanceof OutcryError)) throw new Error(`not an OutcryError: ${String(fault)}`);
  expect(recorder.statuses).toEqual([]);
  expect(`${fault.message}${JSON.stringify(fault)}`).not.toMatch(/secret|\n/);
  await expect(backplane.broker.join('pit')).rejects.toMatchObject({ code: 'closed' });
  return fault;
}

describe('starting', () => {
  it('says in one line where no Redis answers', async () => {
    const startedAt = performance.now();
    const { code, message } = await failToStart('redis://ann:secret@127.0.0.1:1');
    expect(code).toBe('unavailable');
    expect(message).toBe('cannot reach Redis at redis://127.0.0.1:1: ECONNREFUSED 127.0.0.1:1');
    expect(performance.now() - startedAt).toBeLessThan(A_MINUTE_MS / 2);
  });

  it('says in one line that the password is wrong, at once, and leaves no connection behind', async () => {
    const { code, message } = await failToStart(redis.url.replace('//', '//:secret@'), A_MINUTE_MS);
    expect(code).toBe('unavailable');
    expect(message).toBe(`cannot reach Redis at ${redis.url}: it does not know this user with this password`);
    await vi.waitFor(async () => {
      expect(
        String(await admin.client('LIST'))
          .trim()
          .split('\n'),
      ).toHaveLength(1);
    });
  });

  it('says in one line that a password is missing, at once', async () => {
    const { code, message } = await failToStart(redis.url, A_MINUTE_MS);
    expect(code).toBe('unavailable');
    expect(message).toMatch(
      /^cannot reach Redis at redis:\/\/[^ ]+: it wants a password, and the URL has none: expected /,
    );
  });

  it('says in one line what the user may not do, at once', async () => {
    await admin.call('ACL', 'SETUSER', 'nobody', 'on', '>secret', '+@connection', '+info', '+client');
    const { code, message } = await failToStart(redis.url.replace('//', '//nobody:secret@'), A_MINUTE_MS);
    expect(code).toBe('unavailable');
    expect(message).toMatch(/^Redis at redis:\/\/[^ ]+: NOPERM /);
  });

  it('ends at once where somebody closes it while it waits', async () => {
    const backplane = createRedisBackplane({ url: 'redis://127.0.0.1:1', startTimeoutMs: A_MINUTE_MS });
    const outcome = backplane.start(new Recorder()).catch((error: unknown) => error);
    await backplane.close();
    expect(await outcome).toMatchObject({ code: 'closed' });
  });

  it('refuses another database than 0, and says what to use instead', () => {
    expect(() => createRedisBackplane({ url: 'redis://:secret@127.0.0.1/1' })).toThrow(
      expect.objectContaining({
        code: 'badConfig',
        message: expect.stringMatching(/^only database 0 [^\n]*OUTCRY_REDIS_PREFIX\)$/) as string,
      }) as Error,
    );
  });

  it('refuses a URL that is none without repeating it', () => {
    expect(() => createRedisBackplane({ url: 'http://:secret@redis.example' })).toThrow(
      expect.objectContaining({ code: 'badConfig', message: expect.not.stringContaining('secret') as string }) as Error,
    );
  });

  it('makes exactly two connections, which end with close', async () => {
    const backplane = createRedisBackplane({ url: redis.url.replace('//', `//:${PASSWORD}@`), prefix: 'named' });
    await backplane.start(new Recorder());
    const names = String(await admin.client('LIST')).match(/ name=\S+/g);
    expect(names?.sort()).toEqual([' name=named:commands', ' name=named:subscriber']);
    await backplane.close();
    await vi.waitFor(async () => {
      expect(String(await admin.client('LIST'))).not.toContain('named:');
    });
  });

  it('sends nothing again, behind what came later, to a Redis that has run no script yet', async () => {
    await admin.script('FLUSH');
    await admin.config('RESETSTAT');
    const backplane = createRedisBackplane({ url: redis.url.replace('//', `//:${PASSWORD}@`) });
    await backplane.start(new Recorder());
    const published = await Promise.all(range(1, 50).map((i) => backplane.broker.publish(request('pit', String(i)))));
    expect(published.map(({ position }) => position.seq)).toEqual(range(1, 50));
    expect(await admin.info('errorstats')).not.toContain('NOSCRIPT');
    await backplane.close();
  });
});

describe.runIf(hasRedisServer())('starting before Redis', () => {
  it('waits for it, says so meanwhile, and keeps the connection as any other', async () => {
    await using server = await RedisProcess.start();
    await server.kill();
    const faults: string[] = [];
    const awaited: string[] = [];
    const recorder = new Recorder();
    const backplane = createRedisBackplane({
      url: server.url,
      startTimeoutMs: A_MINUTE_MS,
      events: {
        onFault: ({ message }) => faults.push(message),
        onWaiting: ({ message }) => awaited.push(message),
      },
    });
    expect(backplane.awaits).toBeUndefined();
    const started = backplane.start(recorder);
    await recorder.until(() => awaited.length >= 2);
    expect(backplane.awaits).toMatch(/^cannot reach Redis at redis:[^ ]+: ECONNREFUSED /);
    expect(awaited).toContain(backplane.awaits);
    await server.restart();
    await started;
    expect(recorder.statuses).toEqual(['up']);
    expect([backplane.awaits, faults]).toEqual([undefined, []]);
    await server.kill();
    await server.restart();
    await recorder.untilUpAgain();
    expect(faults).not.toEqual([]);
    await backplane.broker.publish(request('pit', 'x'));
    await backplane.close();
  });

  it('goes by a unix socket as by any other', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'outcry-socket-'));
    onTestFinished(() => {
      rmSync(directory, { recursive: true });
    });
    const path = join(directory, 'redis 1.sock');
    await using server = await RedisProcess.start(['--unixsocket', path, '--requirepass', PASSWORD]);
    const recorder = new Recorder();
    const url = `redis+unix://:${PASSWORD}@${directory}/redis%201.sock`;
    const backplane = createRedisBackplane({ url, startTimeoutMs: A_MINUTE_MS });
    await backplane.start(recorder);
    await backplane.broker.publish(request('pit', 'x'));
    await server.kill();
    await recorder.until(() => recorder.statuses.at(-1) === 'down');
    const late = createRedisBackplane({ url, startTimeoutMs: AT_ONCE });
    await expect(late.start(new Recorder())).rejects.toThrow(
      `cannot reach Redis at redis+unix://${directory}/redis%201.sock: ECONNREFUSED ${path}`,
    );
    await server.restart();
    await recorder.untilUpAgain();
    await backplane.close();
  });

  it('makes good a connection that is lost before it was of use', async () => {
    await using server = await RedisProcess.start();
    const proxy = await startFlakyProxy(server, 2);
    const recorder = new Recorder();
    const backplane = createRedisBackplane({ url: proxy.url, startTimeoutMs: A_MINUTE_MS });
    await backplane.start(recorder);
    expect(recorder.statuses).toEqual(['up']);
    expect(proxy.losses).toBe(2);
    await backplane.close();
  });

  it('says in one line that the address is that of a node of a cluster, at once', async () => {
    await using node = await RedisProcess.startClusterNode(['--cluster-config-file', nodesFile()]);
    const { code, message } = await failToStart(node.url, A_MINUTE_MS);
    expect(code).toBe('badConfig');
    expect(message).toMatch(/^Redis at [^ ]+ is a node of a Redis Cluster: outcry needs redis\+cluster:\/\//);
  });

  it('says in one line that the address is that of a Sentinel, at once', async () => {
    await using sentinel = await SentinelProcess.start();
    const { code, message } = await failToStart(sentinel.url, A_MINUTE_MS);
    expect(code).toBe('badConfig');
    expect(message).toMatch(
      /^Redis at [^ ]+ is a Sentinel, which stores nothing: outcry needs redis\+sentinel:\/\/host:port\/name in its place$/,
    );
  });
});

it('tells what the Redis does when its memory is full, at the start and when it is found again', async () => {
  const servers: ServerInfo[] = [];
  const recorder = new Recorder();
  const backplane = createRedisBackplane({
    url: redis.url.replace('//', `//:${PASSWORD}@`),
    events: { onServer: (server) => servers.push(server) },
  });
  await backplane.start(recorder);
  expect(servers).toEqual([{ version: expect.stringMatching(/^\d+\./) as string, ...NO_EVICTION }]);
  await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
  await recorder.untilUpAgain();
  expect(servers.at(-1)?.evictionPolicy).toBe('allkeys-lru');
  expect(backplane.server).toEqual(servers.at(-1));
  await admin.config('SET', 'maxmemory-policy', 'noeviction');
  await backplane.close();
});

const NO_EVICTION = { evictionPolicy: 'noeviction', maxMemoryBytes: 0, needsReplicas: false };

function nodesFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'outcry-cluster-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  return join(directory, 'nodes.conf');
}

/** In front of a Redis; cuts connections when they ask for INFO a second time, as a node does that is connected. */
async function startFlakyProxy(
  { host, port }: { host: string; port: number },
  losses: number,
): Promise<{ readonly url: string; readonly losses: number }> {
  const state = { url: '', losses: 0 };
  const server = createServer((client) => {
    const redis = connect(port, host);
    let asked = 0;
    client.on('data', (piece) => {
      asked += piece.toString('latin1').split('\ninfo\r').length - 1;
      if (asked >= 2 && state.losses < losses) {
        state.losses += 1;
        client.destroy();
      } else redis.write(piece);
    });
    redis.pipe(client);
    for (const socket of [client, redis]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        redis.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  state.url = `redis://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return state;
}
