import { beforeAll, describe, expect, it } from 'vitest';
import type { RedisConnection } from '../../src/redis/connection/connection.ts';
import { ANNOUNCE } from '../../src/rooms/scripts/announce.lua.ts';
import { READ_STORED } from '../../src/rooms/scripts/read-stored.lua.ts';
import { RELEASE, SETTLE } from '../../src/rooms/scripts/release.lua.ts';
import { UNARCHIVED_MS } from '../../src/rooms/scripts/unarchived.ts';
import type { RedisCluster } from '../support/redis-cluster.ts';
import { range } from '../support/requests.ts';
import {
  BASE,
  EARLIER,
  EPOCH,
  messages,
  MINUTE_MS,
  type Stored,
  type StoredRoom,
  StoredRooms,
} from '../support/stored-rooms.ts';

let rooms: StoredRooms;
let cluster: RedisCluster;
let commands: RedisConnection;
beforeAll(async () => {
  rooms = await StoredRooms.start();
  ({ cluster, commands } = rooms);
  return () => rooms[Symbol.asyncDispose]();
});

describe('what an archive reads of a room', () => {
  interface Wish {
    readonly epoch?: string;
    readonly seq?: number;
    readonly limit?: number;
    readonly maxBytes?: number;
  }

  async function read(
    { meta, stream }: StoredRoom,
    { epoch = EPOCH, seq = 0, limit = 1000, maxBytes = 1e9 }: Wish = {},
  ): Promise<{ seqs: readonly number[]; sizes: readonly number[]; rest: readonly unknown[] }> {
    const reply = (await commands.runScript(READ_STORED, [meta, stream], [epoch, seq, limit, maxBytes])) as unknown[];
    const taken = (reply[5] ?? []) as Buffer[];
    return {
      seqs: taken.map((envelope) => Number(envelope.readBigUInt64BE(10))),
      sizes: taken.map(({ length }) => length),
      rest: reply.slice(1, 5).map((part) => (Buffer.isBuffer(part) ? String(part) : part)),
    };
  }

  /** How many are asked for in each step. */
  async function stepsOf(room: StoredRoom, wish: Wish): Promise<readonly number[]> {
    const monitor = await cluster.admin.monitor();
    const steps: number[] = [];
    const isOver = new Promise<void>((resolve) => {
      monitor.on('monitor', (_: string, [command = '', key = '', , , , count = '']: string[]) => {
        if (/^xrange$/i.test(command) && key === room.stream) steps.push(Number(count));
        if (/^echo$/i.test(command)) resolve();
      });
    });
    await read(room, wish);
    await cluster.admin.echo('over');
    await isOver;
    monitor.disconnect();
    return steps;
  }

  const evenly = (count: number): readonly Stored[] =>
    range(1, count).map((seq) => ({ seq, at: 1_700_000_000_000 + seq, bytes: 10 }));

  it('is whatever is behind a position, up to the newest, and from the oldest on behind one of another epoch', async () => {
    // A step takes as many as there are behind it, or there is one left behind the last.
    for (const count of [0, 1, 2, 62, 63, 64, 65]) {
      const room = await rooms.create(evenly(count), count);
      expect((await read(room)).seqs).toEqual(range(1, count));
      expect((await read(room, { seq: 1 })).seqs).toEqual(range(2, count));
      expect((await read(room, { epoch: EARLIER, seq: 1 })).seqs).toEqual(range(1, count));
    }
    const trimmed = await rooms.create(messages(5), BASE + 5);
    expect((await read(trimmed)).seqs).toEqual(range(BASE + 1, BASE + 5));
  });

  it('ends with the message that is one too many for its bytes, to the byte, or with the last that is wanted', async () => {
    const room = await rooms.create(evenly(100), 100);
    const [size = NaN] = (await read(room, { limit: 1 })).sizes;
    for (const [maxBytes, count, steps] of [
      [1, 1, [1]],
      [size, 1, [1]],
      [size + 1, 2, [1, 1]],
      [10 * size - 1, 10, [1, 2, 4, 2, 1]],
      [10 * size, 10, [1, 2, 4, 3]],
      [10 * size + 1, 11, [1, 2, 4, 3, 1]],
    ] as const) {
      expect((await read(room, { maxBytes })).seqs).toEqual(range(1, count));
      expect(await stepsOf(room, { maxBytes })).toEqual(steps);
    }
    for (const limit of [1, 2, 10]) expect((await read(room, { limit })).seqs).toEqual(range(1, limit));
    expect(await stepsOf(room, { limit: 10 })).toEqual([1, 2, 4, 3]);
    expect(await stepsOf(room, {})).toEqual([1, 2, 4, 8, 16, 32, 32, 32]);
  });

  it('comes with its numbering, with where others before that ended, and with whether there is anything', async () => {
    const room = await rooms.create(messages(3), BASE + 3);
    expect((await read(room)).rest).toEqual([EPOCH, BASE + 3, '', 1]);
    await cluster.admin.hset(room.meta, 'past', `${EARLIER}:7`);
    await cluster.admin.del(room.stream);
    expect((await read(room)).rest).toEqual([EPOCH, BASE + 3, `${EARLIER}:7`, 0]);
    await cluster.admin.del(room.meta);
    expect((await read(room)).rest).toEqual([]);
  });
});

describe('what is archived of a room', () => {
  const ODD_MS = MINUTE_MS + 1;

  async function create(ms: number | undefined, at: number): Promise<StoredRoom & { readonly kept: string }> {
    const room = await rooms.create([{ seq: BASE + 3, at }], BASE + 3);
    const kept = `${room.stream}/kept`;
    if (ms !== undefined) await cluster.admin.hset(kept, 'ms', ms);
    return { ...room, kept };
  }

  it('is known for as long as is asked for at least', async () => {
    const { kept } = await create(undefined, 1);
    await commands.runScript(RELEASE, [kept], [EPOCH, 17, MINUTE_MS]);
    expect(await cluster.admin.hgetall(kept)).toEqual({ archived: `${EPOCH}17` });
    expect(await cluster.admin.pttl(kept)).toBeGreaterThan(MINUTE_MS / 2);
    expect(await cluster.admin.pttl(kept)).toBeLessThanOrEqual(MINUTE_MS);
    await cluster.admin.pexpire(kept, 10 * MINUTE_MS);
    await commands.runScript(RELEASE, [kept], [EPOCH, 18, MINUTE_MS]);
    expect(await cluster.admin.hget(kept, 'archived')).toBe(`${EPOCH}18`);
    expect(await cluster.admin.pttl(kept)).toBeGreaterThan(9 * MINUTE_MS);
  });

  it('lives, where it is all that there is, from its newest message on as long as any, and never longer than before', async () => {
    const at = Date.now();
    const endOf = (ms: number): number => at + ms + Math.floor(ms / 8);
    const settle = async (ms: number | undefined, { seq = BASE + 3, until = -1 } = {}): Promise<number> => {
      const { kept, stream } = await create(ms, at);
      if (until > 0) await cluster.admin.pexpireat(stream, until);
      await commands.runScript(SETTLE, [kept, stream], [EPOCH, seq, UNARCHIVED_MS]);
      expect(await cluster.admin.hget(kept, 'archived')).toBe(`${EPOCH}${String(seq)}`);
      return cluster.admin.pexpiretime(stream);
    };
    expect(await settle(ODD_MS)).toBe(endOf(ODD_MS));
    expect(await settle(ODD_MS, { until: endOf(ODD_MS) + 5 })).toBe(endOf(ODD_MS));
    expect(await settle(ODD_MS, { until: endOf(ODD_MS) - 5 })).toBe(endOf(ODD_MS) - 5);
    for (const seq of [BASE + 2, BASE + 4]) expect(await settle(ODD_MS, { seq })).toBe(-1);
    expect(await settle(undefined)).toBe(-1);
    // About as long as what is not archived lives anyway.
    expect(await settle(UNARCHIVED_MS / 2)).toBe(endOf(UNARCHIVED_MS / 2));
    expect(await settle(UNARCHIVED_MS / 2 + 1)).toBe(-1);
  });

  it('is nothing to be done about where nothing is stored', async () => {
    const { kept, stream } = await create(ODD_MS, 1);
    await cluster.admin.del(stream);
    await commands.runScript(SETTLE, [kept, stream], [EPOCH, BASE + 3, UNARCHIVED_MS]);
    expect(await cluster.admin.exists(stream)).toBe(0);
  });
});

it('a list of rooms to be archived lives for as long as any of them has asked for', async () => {
  const list = `${cluster.prefix}:list`;
  const { before } = await rooms.now();
  await commands.runScript(ANNOUNCE, [list], ['pit', 'channel', 10 * MINUTE_MS]);
  await commands.runScript(ANNOUNCE, [list], ['hall', 'channel', MINUTE_MS]);
  expect(await cluster.admin.pttl(list)).toBeGreaterThan(9 * MINUTE_MS);
  await commands.runScript(ANNOUNCE, [list], ['hall', 'channel', 20 * MINUTE_MS]);
  expect(await cluster.admin.pttl(list)).toBeGreaterThan(19 * MINUTE_MS);
  const { after } = await rooms.now();
  for (const room of ['pit', 'hall']) {
    const at = Number(await cluster.admin.zscore(list, room));
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(after);
  }
});
