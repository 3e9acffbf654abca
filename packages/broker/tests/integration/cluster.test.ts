import { hasRedisServer, RedisNodes, RedisProcess } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRedisBackplane } from '../../src/index.ts';
import { ClusterNodes, roomOfEachPartition, slotOfRoom } from '../support/cluster-nodes.ts';
import { Recorder } from '../support/recorder.ts';
import { range, request } from '../support/requests.ts';

const A_MINUTE_MS = 60_000;
const ROOMS = roomOfEachPartition();

/** Issue 16: servers that hand slots to each other. */
describe.runIf(hasRedisServer())('a Redis Cluster of three', () => {
  let redis: RedisNodes;
  beforeAll(async () => {
    redis = await RedisNodes.start();
  }, A_MINUTE_MS);
  afterAll(() => redis[Symbol.asyncDispose]());

  it('has rooms on each of its servers, which are heard on every node', async () => {
    await using nodes = new ClusterNodes(redis);
    const [a, b] = [await nodes.start(), await nodes.start()];
    await Promise.all(ROOMS.map((room) => b.backplane.broker.join(room)));
    await Promise.all(ROOMS.map((room) => a.backplane.broker.publish(request(room, 'x'))));
    await b.recorder.untilMessages(ROOMS.length);
    expect([...(await a.backplane.broker.listRooms())].sort()).toEqual([...ROOMS].sort());
    const sizes = await Promise.all(redis.primaries.map(({ process }) => redis.ask(process, 'DBSIZE')));
    for (const size of sizes) expect(Number(size.slice(1))).toBeGreaterThan(ROOMS.length / 2);
    const shards = redis.primaries.map(({ process }) => process.url);
    for (const { recorder } of [a, b]) expect([...recorder.shards.keys()].sort()).toEqual([...shards].sort());
    expect([...a.recorder.shards.values()]).toEqual(shards.map(() => ['up']));
  });

  it('goes on while a slot is moved: nothing acknowledged is lost or doubled, and no partition is stale', async () => {
    await using nodes = new ClusterNodes(redis);
    const [a, b] = [await nodes.start(), await nodes.start()];
    const [room = '', beside = ''] = ROOMS;
    const slot = slotOfRoom(room);
    for (const one of [room, beside]) await b.backplane.broker.join(one);
    const acknowledged: string[] = [];
    let [isMoving, sent] = [true, 0];
    const publish = async (): Promise<void> => {
      sent += 1;
      const text = `text-${String(sent)}`;
      try {
        await a.backplane.broker.publish(request(room, text, { idempotency: { sender: 'ann', key: text } }));
        acknowledged.push(text);
      } catch (error) {
        expect(error).toMatchObject({ code: 'unavailable' });
      }
    };
    const publishing = (async () => {
      while (isMoving) await Promise.all(range(1, 5).map(publish));
    })();
    const [, to = redis.primaries[0]] = redis.primaries;
    if (to === undefined) throw new Error('expected servers');
    await redis.moveSlot(slot, to);
    await b.recorder.until(() => (b.recorder.shards.get(to.process.url)?.length ?? 0) > 1);
    isMoving = false;
    await publishing;
    await publish();
    await b.recorder.untilMessages(acknowledged.length);
    const heard = b.recorder.messages.map(({ frame }) => /text-\d+/.exec(Buffer.from(frame).toString('latin1'))?.[0]);
    expect(heard).toEqual(acknowledged);
    for (const { recorder } of [a, b]) expect(recorder.statuses).not.toContain('down');
    expect(b.recorder.resets).toEqual([]);
  });

  it('is refused in a sentence where another Redis is meant, and the other way round', async () => {
    await using single = await RedisProcess.start();
    const start = (url: string): Promise<void> =>
      createRedisBackplane({ url, startTimeoutMs: A_MINUTE_MS }).start(new Recorder());
    await expect(start(`redis+cluster://127.0.0.1:${String(single.port)}`)).rejects.toMatchObject({
      code: 'badConfig',
      message: `Redis at ${single.url} is no node of a Redis Cluster (cluster-enabled no): outcry needs redis://host:port in its place`,
    });
    const url = redis.primaries[0]?.process.url ?? '';
    await expect(start(url)).rejects.toMatchObject({
      code: 'badConfig',
      message: `Redis at ${url} is a node of a Redis Cluster: outcry needs redis+cluster://host:port in its place`,
    });
  });
});
