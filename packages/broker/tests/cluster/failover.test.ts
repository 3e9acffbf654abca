import { RedisNodes, type RedisNode } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RoomMessage } from '../../src/index.ts';
import { ClusterNodes, type ClusterNode, roomOfEachPartition, slotOfRoom } from '../support/cluster-nodes.ts';
import { range, request } from '../support/requests.ts';

const A_MINUTE_MS = 60_000;
const NODE_TIMEOUT_MS = 2000;
const ROOMS = roomOfEachPartition();
const KILLS = process.env['OUTCRY_CLUSTER'] === 'long' ? 10 : 2;
const RETENTION = { count: 100_000, ms: 600_000 };
/** Acknowledged in each room of the primary that dies, while its replica gets nothing any more. */
const LOST_TAIL = 3;

/** Of what is sent in brackets. */
const textOf = ({ frame }: RoomMessage): string =>
  /\[([\w ]+)\]/.exec(Buffer.from(frame).toString('latin1'))?.[1] ?? '';

/** What a node publishes to all rooms, one message after the other in each, and what became of it. */
class Load implements AsyncDisposable {
  readonly acknowledged = new Map<string, string[]>(ROOMS.map((room) => [room, []]));
  refused = 0;
  readonly #node: ClusterNode;
  #sent = 0;
  #hasEnded = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(node: ClusterNode) {
    this.#node = node;
  }

  start(): void {
    this.#running = Promise.all(
      ROOMS.map(async (room) => {
        while (!this.#hasEnded) await this.#publish(room);
      }),
    );
  }

  /** Of what is acknowledged now, by room. */
  counts(): ReadonlyMap<string, number> {
    return new Map([...this.acknowledged].map(([room, texts]) => [room, texts.length]));
  }

  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #publish(room: string): Promise<void> {
    this.#sent += 1;
    const text = `text ${String(this.#sent)}`;
    try {
      await this.#node.backplane.broker.publish(request(room, `[${text}]`, { retention: RETENTION }));
      this.acknowledged.get(room)?.push(text);
    } catch (error) {
      expect(error).toMatchObject({ code: 'unavailable' });
      this.refused += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Issue 16: a primary that dies, whose replica has its slots then. */
describe('a Redis Cluster with replicas', () => {
  let redis: RedisNodes;
  /** From the moment at which another server has the slots until a node is up there, of each kill. */
  const delays: number[] = [];
  beforeAll(async () => {
    const args = ['--cluster-require-full-coverage', 'no'];
    redis = await RedisNodes.start({ hasReplicas: true, nodeTimeoutMs: NODE_TIMEOUT_MS, args });
  }, A_MINUTE_MS);
  afterAll(() => redis[Symbol.asyncDispose]());

  it.each(range(1, KILLS))(
    'loses what a replica lacked, tells it, and nothing else is stale for a moment: kill %i',
    async (kill) => {
      await using nodes = new ClusterNodes(redis);
      const [a, b] = [await nodes.start(), await nodes.start()];
      await Promise.all(ROOMS.map((room) => b.backplane.broker.join(room)));
      await using load = new Load(a);
      load.start();
      await b.recorder.untilMessages(20 * ROOMS.length);
      const slot = slotOfRoom(ROOMS[(20 * kill) % ROOMS.length] ?? '');
      const owner = await redis.ownerOf(slot);
      const lost = owner.process.url;
      const replica = await redis.detachReplica(owner);
      const replicated = await textsAt(replica, nodes.prefix);
      expect(replicated.size).toBeGreaterThan(0);
      const before = load.counts();
      const isAhead = (room: string): boolean =>
        (load.acknowledged.get(room)?.length ?? 0) >= (before.get(room) ?? 0) + LOST_TAIL;
      await b.recorder.until(() => [...replicated.keys()].every(isAhead), A_MINUTE_MS);
      await owner.process.kill();
      const killedAt = performance.now();
      for (const { recorder } of [a, b]) {
        await recorder.until(() => recorder.shards.get(lost)?.at(-1) === 'down', A_MINUTE_MS);
      }
      /** By whoever is dead now: nobody has its slots yet. */
      const byOld = load.counts();
      const others = new Set([...b.recorder.shards.keys()].filter((shard) => shard !== lost));
      const newest = (): string | undefined =>
        [...b.recorder.shards.keys()].find((shard) => shard !== lost && !others.has(shard));
      const promoted = redis.untilServed(slot, owner).then(() => performance.now());
      await b.recorder.until(() => b.recorder.shards.get(newest() ?? '')?.at(-1) === 'up', A_MINUTE_MS);
      const [upAt, promotedAt] = [performance.now(), await promoted];
      await redis.attachReplica(replica);
      delays.push(upAt - promotedAt);
      // With all of its own: each of its rooms is published to.
      const published = load.counts();
      await b.recorder.until(
        () => [...load.acknowledged].every(([room, texts]) => texts.length > (published.get(room) ?? 0)),
        A_MINUTE_MS,
      );
      await load.end();
      await owner.process.restart();
      await redis.untilWhole();

      let goneInAll = 0;
      for (const [room, acknowledged] of load.acknowledged) {
        await b.recorder.until(() => heardBy(b, room).includes(acknowledged.at(-1) ?? ''));
        // Nothing that was acknowledged is unheard by who was there, or heard twice, or out of order.
        const wanted = new Set(acknowledged);
        expect(heardBy(b, room).filter((text) => wanted.has(text))).toEqual(acknowledged);
        const messages = await everythingOf(a, room);
        const kept = new Set(messages.map(textOf));
        const gone = acknowledged.filter((text) => !kept.has(text));
        const had = replicated.get(room);
        const lacked = had === undefined ? [] : acknowledged.slice(0, byOld.get(room)).filter((text) => !had.has(text));
        expect(gone, room).toEqual(lacked);
        expect(gone.length, room).toBeGreaterThanOrEqual(had === undefined ? 0 : LOST_TAIL);
        goneInAll += gone.length;
        const resets = b.recorder.resets.filter((reset) => reset.room === room);
        expect(resets, `${room} has lost ${gone.join()}`).toHaveLength(had === undefined ? 0 : 1);
        const names = messages.map(({ position: { epoch, seq } }) => `${epoch} ${String(seq)}`);
        expect(new Set(names).size).toBe(names.length);
      }
      for (const { recorder } of [a, b]) {
        for (const shard of others) expect(recorder.shards.get(shard), shard).not.toContain('down');
        expect(recorder.shards.get(lost)).toEqual(['up', 'down']);
      }
      process.stdout.write(
        `kill ${String(kill)}: promoted behind ${String(Math.round(promotedAt - killedAt))} ms, ` +
          `up behind ${String(Math.round(upAt - killedAt))} ms, ` +
          `${String(load.refused)} refused, ${String(goneInAll)} lost with the tail, ${String(b.recorder.resets.length)} rooms told\n`,
      );
    },
    4 * A_MINUTE_MS,
  );

  it('is up a second after the cluster is, or sooner, by the median: a busy machine has a slow one now and then', () => {
    expect(delays).toHaveLength(KILLS);
    const sorted = delays.sort((one, other) => one - other);
    expect(sorted[Math.floor((KILLS - 1) / 2)]).toBeLessThan(1000);
  });

  it('goes over to the replica of a primary that hangs, and takes nothing from it when it is back', async () => {
    await using nodes = new ClusterNodes(redis);
    const [a, b] = [await nodes.start(), await nodes.start()];
    await Promise.all(ROOMS.map((room) => b.backplane.broker.join(room)));
    await using load = new Load(a);
    load.start();
    await b.recorder.untilMessages(10 * ROOMS.length);
    const slot = slotOfRoom(ROOMS[0] ?? '');
    const owner = await redis.ownerOf(slot);
    owner.process.freeze();
    const before = new Set(b.recorder.shards.keys());
    const newest = (): string | undefined => [...b.recorder.shards.keys()].find((shard) => !before.has(shard));
    await b.recorder.until(() => b.recorder.shards.get(newest() ?? '')?.at(-1) === 'up', A_MINUTE_MS);
    const published = load.counts();
    owner.process.thaw();
    await b.recorder.until(
      () => [...load.acknowledged].every(([room, texts]) => texts.length > (published.get(room) ?? 0)),
      A_MINUTE_MS,
    );
    await load.end();
    await redis.untilWhole();
    for (const [room, acknowledged] of load.acknowledged) {
      await b.recorder.until(() => heardBy(b, room).includes(acknowledged.at(-1) ?? ''));
      const wanted = new Set(acknowledged);
      expect(heardBy(b, room).filter((text) => wanted.has(text))).toEqual(acknowledged);
    }
    for (const shard of before) {
      if (shard !== owner.process.url) expect(b.recorder.shards.get(shard), shard).not.toContain('down');
    }
  }, 120_000);
});

function heardBy({ recorder }: ClusterNode, room: string): readonly string[] {
  return recorder.messages.filter((message) => message.room === room).map(textOf);
}

/** By room, what a replica has. */
async function textsAt({ process }: RedisNode, prefix: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const redis = new Redis(process.url, { readOnly: true });
  const streams = await redis.keys(`${prefix}:*:stream/*`);
  const texts = await Promise.all(
    streams.map(async (stream) => {
      const entries = (await redis.xrangeBuffer(stream, '-', '+')).flatMap(([, fields]) => fields);
      const found = Buffer.concat(entries)
        .toString('latin1')
        .matchAll(/\[(text \d+)\]/g);
      return [
        stream.slice(stream.indexOf('stream/') + 'stream/'.length),
        new Set(Array.from(found, ([, text = '']) => text)),
      ] as const;
    }),
  );
  redis.disconnect();
  return new Map(texts);
}

/** All that is stored of a room, page by page. */
async function everythingOf({ backplane }: ClusterNode, room: string): Promise<readonly RoomMessage[]> {
  const all: RoomMessage[] = [];
  for (;;) {
    const after = all.at(-1)?.position.seq ?? 0;
    const { messages, hasMore } = await backplane.broker.readHistory(room, { after, limit: 100_000 }, RETENTION);
    all.push(...messages);
    if (!hasMore) return all;
  }
}
