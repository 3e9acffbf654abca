import { hasRedisServer, leasePort, RedisNodes, RedisProcess } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRedisBackplane, type PublishRequest, type RoomMessage } from '../../src/index.ts';
import { RedirectError } from '../../src/redis/faults/redirect.ts';
import { ClusterNodes, neighboursOf, roomOfEachPartition, slotOfRoom } from '../support/cluster-nodes.ts';
import { Recorder } from '../support/recorder.ts';
import { range, request } from '../support/requests.ts';

const A_MINUTE_MS = 60_000;
const ROOMS = roomOfEachPartition();

/** Of what is sent in brackets. */
const textOf = ({ frame }: RoomMessage): string =>
  /\[([\w ]+)\]/.exec(Buffer.from(frame).toString('latin1'))?.[1] ?? '';

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

  it('is heard while a slot is on its way: what has gone already is published at the other server', async () => {
    await using nodes = new ClusterNodes(redis);
    const [a, b] = [await nodes.start(), await nodes.start()];
    const [room = '', beside = ''] = ROOMS;
    const [unkept = '', late = '', fresh = ''] = neighboursOf(room, 3);
    for (const one of [room, beside, unkept]) await b.backplane.broker.join(one);
    const acknowledged: string[] = [];
    const publish = async (to: string, text: string, more: Partial<PublishRequest> = {}): Promise<void> => {
      await a.backplane.broker.publish(request(to, `[${text}]`, more));
      acknowledged.push(`${to} ${text}`);
    };
    for (const one of [room, late]) await publish(one, 'before');
    const [slot, from, to] = [slotOfRoom(room), await redis.ownerOf(slotOfRoom(room)), redis.primaries[1]];
    if (to === undefined) throw new Error('expected servers');

    await redis.beginMove(slot, from, to);
    await publish(room, 'nothing has gone yet');
    // A key that is nowhere is half of what is asked for: nothing is done.
    const idempotency = { sender: 'ann', key: 'a key' };
    await expect(publish(room, 'not acknowledged', { idempotency })).rejects.toMatchObject({
      code: 'unavailable',
      redirect: { kind: 'tryAgain' },
    });
    await redis.moveKeys(slot, { from, to });
    for (const i of range(1, 5)) await publish(room, `all has gone ${String(i)}`);
    await publish(beside, 'somewhere else');
    // Before the slot has arrived.
    await b.recorder.untilMessages(acknowledged.length - 1);
    await b.backplane.broker.join(late);
    for (const one of [room, late]) await publish(one, 'heard at once');
    await b.recorder.untilMessages(acknowledged.length - 1);

    await redis.endMove(slot, from, to);
    for (const one of [room, late, unkept, fresh]) await publish(one, 'behind it');
    await publish(room, 'once', { idempotency });
    await publish(room, 'twice', { idempotency });
    acknowledged.pop();
    const heard = acknowledged.filter((text) => !text.startsWith(fresh) && text !== `${late} before`);
    await b.recorder.untilMessages(heard.length);
    const texts = b.recorder.messages.map((message) => `${message.room} ${textOf(message)}`);
    expect([...texts].sort()).toEqual([...heard].sort());
    const own = (text: string): boolean => text.startsWith(`${room} `);
    expect(texts.filter(own)).toEqual(heard.filter(own));
    for (const { recorder } of [a, b]) expect(recorder.statuses).not.toContain('down');
    expect(b.recorder.resets).toEqual([]);
  });

  it('goes on while slots are moved to and fro: what is acknowledged is heard once, in its order, and no numbering breaks off', async () => {
    await using nodes = new ClusterNodes(redis);
    const [a, b] = [await nodes.start(), await nodes.start()];
    const rooms = ROOMS.slice(1, 4);
    await Promise.all(rooms.map((room) => b.backplane.broker.join(room)));
    const acknowledged: string[] = [];
    /** Without an answer: they may have been carried out. */
    const unknown = new Set<string>();
    let [isMoving, sent] = [true, 0];
    const publish = async (room: string): Promise<void> => {
      sent += 1;
      const text = `text ${String(sent)}`;
      try {
        await a.backplane.broker.publish(request(room, `[${text}]`));
        acknowledged.push(`${room} ${text}`);
      } catch (error) {
        expect(error).toMatchObject({ code: 'unavailable' });
        if (!(error instanceof RedirectError)) unknown.add(`${room} ${text}`);
      }
    };
    const publishing = Promise.all(
      rooms.map(async (room) => {
        while (isMoving) await Promise.all(range(1, 5).map(() => publish(room)));
      }),
    );
    for (const to of [...redis.primaries].reverse()) {
      for (const room of rooms) await redis.moveSlot(slotOfRoom(room), to);
    }
    isMoving = false;
    await publishing;
    const textsHeard = (): readonly string[] =>
      b.recorder.messages.map((message) => `${message.room} ${textOf(message)}`).filter((text) => !unknown.has(text));
    // The last of them when nothing is read again any more that was missed.
    for (let i = 0; i < 2; i += 1) {
      for (const room of rooms) await publish(room);
      await b.recorder.until(() => textsHeard().length >= acknowledged.length);
    }
    const texts = textsHeard();
    for (const room of rooms) {
      const own = (text: string): boolean => text.startsWith(`${room} `);
      expect(texts.filter(own)).toEqual(acknowledged.filter(own));
    }
    expect(b.recorder.resets).toEqual([]);
  });

  it.each(['unknown-endpoint', 'ip'])(
    'finds a slot that is on its way where servers call each other by %s',
    async (kind) => {
      for (const { process } of redis.primaries) {
        const set = await redis.ask(process, 'CONFIG', 'SET', 'cluster-preferred-endpoint-type', kind);
        expect(set).toContain('OK');
      }
      await using nodes = new ClusterNodes(redis);
      const node = await nodes.start();
      const [, room = ''] = ROOMS;
      await node.backplane.broker.join(room);
      await node.backplane.broker.publish(request(room, '[before]'));
      const slot = slotOfRoom(room);
      const from = await redis.ownerOf(slot);
      const to = redis.primaries.find(({ id }) => id !== from.id);
      if (to === undefined) throw new Error('expected another server');
      await redis.beginMove(slot, from, to);
      await redis.moveKeys(slot, { from, to });
      await node.backplane.broker.publish(request(room, '[on its way]'));
      // It is the server that is connected to already, whatever it was called.
      const clients = await redis.ask(to.process, 'CLIENT', 'LIST');
      expect(clients.split(`name=${nodes.prefix}:commands `)).toHaveLength(2);
      await redis.endMove(slot, from, to);
      await node.backplane.broker.publish(request(room, '[behind it]'));
      await node.recorder.untilMessages(3);
      expect(node.recorder.statuses).not.toContain('down');
    },
  );

  it('hears a slot that was away for a moment, and says of one that is nobody’s that it is not heard', async () => {
    await using nodes = new ClusterNodes(redis);
    const node = await nodes.start();
    const [room = ''] = ROOMS;
    await node.backplane.broker.join(room);
    const slot = slotOfRoom(room);
    const from = await redis.ownerOf(slot);
    const order = async (what: 'ADDSLOTS' | 'DELSLOTS'): Promise<void> => {
      expect(await redis.ask(from.process, 'CLUSTER', what, String(slot))).toContain('OK');
    };
    // Its server has forgotten who listens.
    await order('DELSLOTS');
    await order('ADDSLOTS');
    await node.recorder.until(() => node.recorder.statuses.length > redis.primaries.length);
    await node.backplane.broker.publish(request(room, '[again]'));
    await node.recorder.untilMessages(1);
    expect(node.recorder.statuses).not.toContain('down');

    await order('DELSLOTS');
    await node.recorder.until(() => node.recorder.statuses.at(-1) === 'down');
    await order('ADDSLOTS');
    await node.recorder.until(() => node.recorder.statuses.at(-1) === 'up');
    await node.backplane.broker.publish(request(room, '[and again]'));
    await node.recorder.untilMessages(2);
    await redis.untilWhole();
  });

  it('is refused without the wait for servers that cannot be reached, where one of them does not know the user', async () => {
    using nobody = await leasePort();
    const { host, port } = redis.primaries[0]?.process ?? { host: '', port: 0 };
    const url = `redis+cluster://eve:secret@${host}:${String(port)},${host}:${String(nobody.port)}`;
    const awaited: string[] = [];
    const backplane = createRedisBackplane({
      url,
      startTimeoutMs: A_MINUTE_MS,
      events: { onWaiting: ({ message }) => awaited.push(message) },
    });
    await expect(backplane.start(new Recorder())).rejects.toMatchObject({
      message: `cannot reach Redis at redis://${host}:${String(port)}: it does not know this user with this password`,
    });
    expect(awaited[0]).toBe(
      `cannot reach Redis at redis://${host}:${String(nobody.port)}: ECONNREFUSED ${host}:${String(nobody.port)}`,
    );
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
