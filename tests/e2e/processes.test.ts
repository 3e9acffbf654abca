import { once } from 'node:events';
import { createServer } from 'node:net';

import {
  closeCode,
  type GatewayProcess,
  leasePort,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROCESSES = 3;
/** The kernel deals by a hash of the addresses: the chance that a process gets none of so many is one in ten thousand million. */
const CLIENTS = 60;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

function startAll(settings: Parameters<typeof startGateway>[0] = {}): Promise<GatewayProcess> {
  return startGateway({
    redisUrl: redis.url,
    redisPrefix: uniquePrefix(),
    nodeId: 'gw',
    processes: PROCESSES,
    ...settings,
  });
}

async function arrive({ url }: GatewayProcess): Promise<{ readonly client: RawClient; readonly node: string }> {
  const client = await RawClient.connect({ url, encoding: 'json' });
  const { node } = await client.next('welcome');
  return { client, node };
}

function arriveAll(gateways: GatewayProcess): Promise<Awaited<ReturnType<typeof arrive>>[]> {
  return Promise.all(Array.from({ length: CLIENTS }, () => arrive(gateways)));
}

async function pidOf({ process }: GatewayProcess, index: number): Promise<number> {
  for (;;) {
    const { process: shown, pid } = await process.waitForLog('process serves');
    if (shown === index) return Number(pid);
  }
}

describe('several gateways on one port', () => {
  it('share clients among them, and rooms', async () => {
    await using gateways = await startAll();
    await gateways.process.waitForLog('gateways listening');
    const guests = await arriveAll(gateways);
    expect(new Set(guests.map(({ node }) => node))).toEqual(new Set(['gw-1', 'gw-2', 'gw-3']));
    for (const { client } of guests) await client.expectAnswer('joined', { type: 'join', room: 'floor' });
    await guests[0]?.client.expectAnswer('ack', { type: 'publish', room: 'floor', data: 'to everybody' });
    for (const { client } of guests) expect(await client.next('message')).toMatchObject({ data: 'to everybody' });
    await gateways.process.stop();
    for (const { client } of guests)
      expect(await client.waitForClose()).toMatchObject({ code: closeCode('restart').code });
    expect(await gateways.process.exited).toEqual({ code: 0, signal: null });
  });

  it('go on where one of them dies, and another takes its place', async () => {
    await using gateways = await startAll();
    const pid = await pidOf(gateways, 2);
    await gateways.process.waitForLog('gateways listening');
    const guests = await arriveAll(gateways);
    process.kill(pid, 'SIGKILL');
    for (const { client, node } of guests) {
      if (node === 'gw-2') expect(await client.waitForClose()).toMatchObject({ code: 1006 });
      else await client.expectAnswer('pong', { type: 'ping' });
    }
    expect(await gateways.process.waitForLog('a process has ended; another one takes its place')).toMatchObject({
      process: 2,
    });
    const late = await arriveAll(gateways);
    expect(late).toHaveLength(CLIENTS);
    expect(await pidOf(gateways, 2)).not.toBe(pid);
    const nodes = (await arriveAll(gateways)).map(({ node }) => node);
    expect(new Set(nodes)).toEqual(new Set(['gw-1', 'gw-2', 'gw-3']));
  });

  it('are replaced one after the other', async () => {
    await using gateways = await startAll();
    await gateways.process.waitForLog('gateways listening');
    const before = gateways.process.log.filter(({ msg }) => msg === 'process serves').map(({ pid }) => pid);
    const guests = await arriveAll(gateways);
    process.kill(gateways.process.pid, 'SIGUSR2');
    await gateways.process.waitForLog('gateways replaced');
    for (const { client } of guests)
      expect(await client.waitForClose()).toMatchObject({ code: closeCode('restart').code });
    const pids = gateways.process.log.filter(({ msg }) => msg === 'process serves').map(({ pid }) => pid);
    expect(new Set(pids).size).toBe(2 * PROCESSES);
    expect(pids).toEqual(expect.arrayContaining(before));
    expect(await arriveAll(gateways)).toHaveLength(CLIENTS);
  });

  it('end with the process that started them', async () => {
    const gateways = await startAll();
    await gateways.process.waitForLog('gateways listening');
    const guests = await arriveAll(gateways);
    gateways.process.kill();
    for (const { client } of guests)
      expect(await client.waitForClose()).toMatchObject({ code: closeCode('restart').code });
    await gateways.process.exited;
  });

  it('take a port that nobody has, and let nobody else have it', async () => {
    await using gateways = await startAll();
    const again = startAll({ port: gateways.port });
    await expect(again).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+: the port is taken/);
    const alone = startAll({ port: gateways.port, processes: 1 });
    await expect(alone).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+: the port is taken/);
  });

  it('are none where one of them does not come up', async () => {
    using lease = await leasePort();
    await using stranger = createServer().listen(lease.port, '127.0.0.1');
    await once(stranger, 'listening');
    // The internal port of the second one is taken; the first may come up before that shows.
    const gateways = await startAll({ internalPort: lease.port - 1 }).catch(String);
    if (typeof gateways === 'string') expect(gateways).toMatch(/process 2 ended with code 1/);
    else expect(await gateways.process.exited).toEqual({ code: 1, signal: null });
  });
});
