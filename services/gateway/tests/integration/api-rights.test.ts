import {
  closeCode,
  type GatewayProcess,
  type LogRecord,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { ApiClient, type ApiRequest } from '../support/api-client.ts';

const DESK = 'a-key-that-may-do-everything';
const WATCHER = 'a-key-that-looks-only';

let redis: TestRedis;
let gateway: GatewayProcess;
let desk: ApiClient;
let watcher: ApiClient;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await startGateway({
    ...{ redisUrl: redis.url, redisPrefix: uniquePrefix(), nodeId: 'gw-1', drainDelayMs: 0, reconnectSpreadMs: 0 },
    ...{ apiKeys: `desk ${DESK}`, apiReadKeys: `watcher ${WATCHER}` },
  });
  desk = new ApiClient(gateway.internalUrl, DESK);
  watcher = new ApiClient(gateway.internalUrl, WATCHER);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis.stop();
});

/** Series of a gateway at one moment; NaN for one that is not there. */
async function readMetrics({ internalUrl }: GatewayProcess, names: readonly string[]): Promise<readonly number[]> {
  const lines = (await (await fetch(`${internalUrl}/metrics`)).text()).split('\n');
  return names.map((name) => Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length)));
}

describe('a key that looks only', () => {
  it('says so, and sees what others see', async () => {
    expect((await watcher.call('whoami', {})).body).toEqual({ key: 'watcher', mayAct: false });
    expect((await desk.call('whoami', {})).body).toEqual({ key: 'desk', mayAct: true });
    for (const command of ['nodes', 'info', 'health', 'books', 'shards', 'hooks', 'archive', 'rooms', 'top']) {
      expect(await watcher.call(command, {}), command).toMatchObject({ status: 200 });
    }
    expect(await watcher.call('rebalance', { dryRun: true })).toMatchObject({ status: 200 });
  });

  it('sees Redis as the gateway does, and what it has to do with an archive', async () => {
    expect((await watcher.call('shards', {})).body).toMatchObject({
      shards: [
        {
          shard: redis.url,
          nodes: [
            {
              ...{ node: 'gw-1', up: true, since: expect.any(String) as string, partitions: 64, storage: 'writable' },
              answer: { role: 'primary', roundTripMs: expect.any(Number) as number },
            },
          ],
        },
      ],
      silent: [],
    });
    expect((await watcher.call('hooks', {})).body).toEqual({ hooks: [], silent: [] });
    const { body } = await watcher.call('archive', {});
    expect(body).toMatchObject({ nodes: [{ node: 'gw-1', archived: [], lost: 0 }], silent: [] });
    expect(body['parts']).toEqual(Array.from({ length: 16 }, (_, i) => ({ part: String(i), archived: false })));
  });

  it.each([
    ['publish', { room: 'pit', data: 1 }],
    ['announce', { data: 1 }],
    ['removeHistory', { room: 'pit' }],
    ['disconnect', { user: 'ann' }],
    ['disconnect', {}],
    ['refresh', { user: 'ann', rights: {} }],
    ['revoke', { user: 'ann' }],
    ['trace', { room: 'pit' }],
    ['rebalance', {}],
    ['drain', { node: 'gw-1' }],
  ])('is refused %s of %j', async (command, params) => {
    const refused = { error: { code: 'forbidden', retryable: false } };
    expect(await watcher.call(command, params)).toMatchObject({ status: 403, body: refused });
    const { body } = await watcher.call('batch', { commands: [{ command, params }] });
    expect(body['results']).toMatchObject([refused]);
  });
});

describe('the log', () => {
  /** What is written down behind all that was before. */
  async function nextDeed(): Promise<LogRecord> {
    return gateway.process.waitForLog('operator acted');
  }

  it('has who did what to whom, why, and what became of it', async () => {
    const headers = { 'outcry-reason': encodeURIComponent('plays the drums ✓') };
    await desk.call('disconnect', { user: 'ann' }, { headers });
    expect(await nextDeed()).toMatchObject({
      ...{ level: 30, key: 'desk', command: 'disconnect', user: 'ann' },
      ...{ reason: 'plays the drums ✓', outcome: 'done' },
    });
    await desk.call('drain', { node: 'gw-9' });
    expect(await nextDeed()).toMatchObject({ command: 'drain', node: 'gw-9', outcome: 'notFound' });
  });

  it('has what servers publish only where somebody says why, and never what that was', async () => {
    await desk.call('publish', { room: 'pit', data: 'all day long' });
    await desk.call('publish', { room: 'pit', data: 'by hand' }, { headers: { 'outcry-reason': 'a test' } });
    const deed = await nextDeed();
    expect(deed).toMatchObject({ command: 'publish', room: 'pit', reason: 'a test' });
    expect(JSON.stringify(deed)).not.toContain('by hand');
  });

  it('has a room that was to be traced, and why it is not: nobody is told of traces here', async () => {
    const { status, body } = await desk.call('trace', { room: 'pit' });
    expect([status, body['error']]).toEqual([404, expect.objectContaining({ code: 'noTraces' })]);
    expect(await nextDeed()).toMatchObject({ key: 'desk', command: 'trace', room: 'pit', outcome: 'noTraces' });
  });

  it('takes a reason that can be read', async () => {
    const refused = { status: 400, body: { error: { code: 'malformed' } } };
    expect(await desk.call('info', {}, { headers: { 'outcry-reason': '%' } })).toMatchObject(refused);
  });
});

it('counts requests, with each command of a batch, by what became of them, and nothing by a name that a client has made up', async () => {
  const batch = { commands: ['info', 'members', 'invented'].map((command) => ({ command, params: {} })) };
  const requests: readonly [command: string, params: unknown, request?: ApiRequest][] = [
    ['info', {}],
    ['info', {}, { authorization: 'Bearer wrong' }],
    ['publish', { room: 'pit' }],
    ['invented', {}],
    ['toString', {}],
    ['batch', batch],
    ['batch', { commands: [] }],
    ['openapi.json', {}, { method: 'GET' }],
  ];
  const rises = [
    ...['info 3', 'publish 1', 'unknown 3', 'members 1', 'batch 2', 'openapi.json 1', 'history 0'].map(
      (line) => ['requests_total{command', ...line.split(' ')] as const,
    ),
    ...['unauthorized 1', 'malformed 3', 'notFound 3', 'forbidden 0'].map(
      (line) => ['refusals_total{code', ...line.split(' ')] as const,
    ),
  ];
  const names = rises.map(([counter, value]) => `outcry_gateway_api_${counter}="${String(value)}"}`);
  const before = await readMetrics(gateway, names);
  for (const request of requests) await desk.call(...request);
  const after = await readMetrics(gateway, names);
  expect(after.map((value, i) => value - Number(before[i]))).toEqual(rises.map(([, , count]) => Number(count)));
  const text = await (await fetch(`${gateway.internalUrl}/metrics`)).text();
  expect(text).not.toMatch(/invented|toString/);
});

it('takes a gateway out of service and puts it back, while it goes on running', async () => {
  const client = await RawClient.connect({ url: gateway.url, encoding: 'json', token: 'ann' });
  await client.next('welcome');
  expect(await desk.call('drain', { node: 'gw-1' })).toMatchObject({ status: 200 });
  expect(await client.next('draining')).toMatchObject({ reconnectInMs: 0 });
  const { code, reason } = closeCode('restart');
  expect(await client.waitForClose()).toEqual({ code, reason });
  expect(await (await fetch(`${gateway.internalUrl}/readyz`)).json()).toMatchObject({ summary: 'draining' });
  await expect(RawClient.connect({ url: gateway.url, encoding: 'json', token: 'ann' })).rejects.toThrow('503');
  expect(await watcher.call('connections', { user: 'ann' })).toMatchObject({
    body: { connections: [{ node: 'gw-1', closed: { by: 'gateway', reason } }] },
  });
  await desk.call('undrain', { node: 'gw-1' });
  await vi.waitFor(async () => {
    expect((await fetch(`${gateway.internalUrl}/readyz`)).status).toBe(200);
  });
  const back = await RawClient.connect({ url: gateway.url, encoding: 'json', token: 'ann' });
  await back.next('welcome');
  await back.close();
});
