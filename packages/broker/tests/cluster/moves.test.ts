import { hasRedisServer, RedisNodes } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedirectError } from '../../src/redis/redirect.ts';
import type { RoomMessage } from '../../src/index.ts';
import { ClusterNodes, roomOfEachPartition, slotOfRoom } from '../support/cluster-nodes.ts';
import { range, request } from '../support/requests.ts';

const A_MINUTE_MS = 60_000;
const ROOMS = roomOfEachPartition();

/** Of what is sent in brackets. */
const textOf = ({ frame }: RoomMessage): string =>
  /\[([\w ]+)\]/.exec(Buffer.from(frame).toString('latin1'))?.[1] ?? '';

/**
 * Beside CI, because it failed once of a dozen runs, on a machine that had other work: within 20 s not everything acknowledged was heard.
 * A cause has been mended since (src/redis/cluster-partition.test.ts); whether it was the one, more runs will show.
 */
describe.runIf(hasRedisServer())('a Redis Cluster of three', () => {
  let redis: RedisNodes;
  beforeAll(async () => {
    redis = await RedisNodes.start();
  }, A_MINUTE_MS);
  afterAll(() => redis[Symbol.asyncDispose]());

  it('goes on while slots are moved to and fro: nothing acknowledged is lost or doubled, and nothing is stale', async () => {
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
    for (const room of rooms) await publish(room);
    const textsHeard = (): readonly string[] =>
      b.recorder.messages.map((message) => `${message.room} ${textOf(message)}`).filter((text) => !unknown.has(text));
    await b.recorder.until(() => textsHeard().length >= acknowledged.length);
    const texts = textsHeard();
    for (const room of rooms) {
      const own = (text: string): boolean => text.startsWith(`${room} `);
      expect(texts.filter(own)).toEqual(acknowledged.filter(own));
    }
    for (const { recorder } of [a, b]) expect(recorder.statuses).not.toContain('down');
    expect(b.recorder.resets).toEqual([]);
  });
});
