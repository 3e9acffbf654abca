import { hasRedisServer, RedisProcess, uniquePrefix } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Backplane, createRedisBackplane, partitionOf } from '../../src/index.ts';
import { partitionsOfEach } from '../../src/redis/shard-list/shards.ts';
import { Recorder } from '../support/recorder.ts';
import { range, request } from '../support/requests.ts';

const LEASE = { leaseMs: 1500, renewMs: 300 };
const A_MINUTE_MS = 60_000;

interface Node {
  readonly backplane: Backplane;
  readonly recorder: Recorder;
}

/** Names that the first of two servers has, and the second. */
function namesOfEach(count: number): readonly (readonly string[])[] {
  const names = range(1, count * 16).map((i) => `room-${String(i)}`);
  return partitionsOfEach(2).map((partitions) =>
    names.filter((name) => partitions.includes(partitionOf(name))).slice(0, count),
  );
}

const [[kept = ''] = [], [lost = ''] = []] = namesOfEach(1);

/** Issue 16: servers that know nothing of each other. */
describe.runIf(hasRedisServer())('two Redises', () => {
  let servers: readonly [RedisProcess, RedisProcess];
  let prefix: string;
  let nodes: Node[];

  beforeEach(async () => {
    servers = [await RedisProcess.start(), await RedisProcess.start()];
    prefix = uniquePrefix();
    nodes = [];
  });
  afterEach(async () => {
    await Promise.all(nodes.map(({ backplane }) => backplane.close()));
    for (const server of servers) await server[Symbol.asyncDispose]();
  });

  async function startNode(): Promise<Node> {
    const recorder = new Recorder();
    const backplane = createRedisBackplane({
      url: servers.map(({ url }) => url).join(','),
      prefix,
      presenceLease: LEASE,
    });
    nodes.push({ backplane, recorder });
    await backplane.start(recorder);
    const ignore = (): void => undefined;
    await backplane.presence.start({
      handleMember: ignore,
      handleReaped: ignore,
      handleRestored: ignore,
      handleFault: ignore,
    });
    return { backplane, recorder };
  }

  it('have rooms of their own, whose messages are heard on every node', async () => {
    const [a, b] = [await startNode(), await startNode()];
    const [first = [], second = []] = namesOfEach(3);
    for (const room of [...first, ...second]) {
      await b.backplane.broker.join(room);
      await a.backplane.broker.publish(request(room, 'x'));
    }
    await b.recorder.untilMessages(6);
    expect([...(await a.backplane.broker.listRooms())].sort()).toEqual([...first, ...second].sort());
    for (const [i, rooms] of [first, second].entries()) {
      const admin = new Redis(servers[i]?.url ?? '');
      const stored = (await admin.keys(`${prefix}:*:meta/*`)).map((key) => key.slice(key.indexOf('/') + 1));
      admin.disconnect();
      expect(stored.sort()).toEqual([...rooms].sort());
    }
  });

  it('say how they are to whoever asks, and one that is away keeps nobody waiting', async () => {
    const [{ backplane, recorder }] = [await startNode()];
    const [one, two] = servers;
    await backplane.broker.join(kept);
    const [up, other] = (await backplane.reportServers?.()) ?? [];
    expect(up).toMatchObject({
      ...{ shard: one.url, isUp: true, storage: { state: 'writable' } },
      answer: { figures: { role: 'primary', replicas: 0, evictionPolicy: 'noeviction' } },
    });
    expect(up?.partitions).toHaveLength(32);
    expect(up?.answer?.roundTripMs).toBeGreaterThan(0);
    const { usedMemoryBytes = 0, clients = 0, channels = 0 } = up?.answer?.figures ?? {};
    expect(usedMemoryBytes).toBeGreaterThan(100_000);
    expect(clients).toBeGreaterThanOrEqual(2);
    // The room, and what the process listens to for itself.
    expect(channels).toBeGreaterThan(other?.answer?.figures.channels ?? Infinity);

    two.freeze();
    const order: string[] = [];
    const command = backplane.broker.publish(request(lost, 'x')).catch(() => order.push('command'));
    const reports = await backplane.reportServers?.();
    order.push('report');
    await command;
    expect(order).toEqual(['report', 'command']);
    expect(reports?.map(({ answer }) => answer !== undefined)).toEqual([true, false]);
    await two.kill();
    await recorder.until(() => recorder.shards.get(two.url)?.at(-1) === 'down');
    expect(await backplane.reportServers?.()).toMatchObject([{ isUp: true }, { isUp: false, answer: undefined }]);
  });

  it('go down one by one: a lost one takes along what is its own, and brings it back', async () => {
    const [a, b] = [await startNode(), await startNode()];
    for (const room of [kept, lost]) await b.backplane.broker.join(room);
    for (const room of [kept, lost]) a.backplane.presence.add(room, 'ann');
    for (const room of [kept, lost]) expect(await a.backplane.presence.count(room)).toBe(1);
    const [one, two] = servers;

    await two.kill();
    await b.recorder.until(() => b.recorder.shards.get(two.url)?.at(-1) === 'down');
    await expect(a.backplane.broker.publish(request(lost, 'x'))).rejects.toMatchObject({ code: 'unavailable' });
    for (const i of range(1, 20)) await a.backplane.broker.publish(request(kept, String(i)));
    await b.recorder.untilMessages(20);
    a.backplane.presence.add(kept, 'ben');
    expect(await a.backplane.presence.count(kept)).toBe(2);
    await expect(a.backplane.presence.count(lost)).rejects.toMatchObject({ code: 'unavailable' });

    await two.restart();
    for (const { recorder } of [a, b]) await recorder.until(() => recorder.shards.get(two.url)?.at(-1) === 'up');
    await a.backplane.broker.publish(request(lost, 'again'));
    await b.recorder.untilMessages(21);
    expect(b.recorder.seqs(kept)).toEqual(range(1, 20));
    expect(b.recorder.seqs(lost)).toEqual([1]);
    // What a Redis without a file has lost is written again.
    await vi.waitFor(async () => {
      expect(await b.backplane.presence.count(lost)).toBe(1);
    }, A_MINUTE_MS);
    for (const { recorder } of [a, b]) expect(recorder.shards.get(one.url)).toEqual(['up']);
    for (const { recorder } of [a, b]) expect(recorder.shards.get(two.url)).toEqual(['up', 'down', 'up']);
  });

  it('refuse what one of them cannot take within the time of a command, while it hangs', async () => {
    const { backplane } = await startNode();
    servers[1].freeze();
    const [published, refused] = await Promise.allSettled([
      backplane.broker.publish(request(kept, 'x')),
      backplane.broker.publish(request(lost, 'x')),
    ]);
    servers[1].thaw();
    expect(published.status).toBe('fulfilled');
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
  });

  it('have to be there all of them when a node starts, which leaves nothing behind where one is not', async () => {
    await servers[1].kill();
    const recorder = new Recorder();
    const url = servers.map((server) => server.url).join(',');
    const backplane = createRedisBackplane({ url, prefix, startTimeoutMs: 1 });
    await expect(backplane.start(recorder)).rejects.toThrow(`cannot reach Redis at ${servers[1].url}`);
    expect(recorder.statuses).toEqual([]);
    const admin = new Redis(servers[0].url);
    await vi.waitFor(async () => {
      expect(String(await admin.client('LIST'))).not.toContain(`name=${prefix}:`);
    }, A_MINUTE_MS);
    admin.disconnect();
  });
});
