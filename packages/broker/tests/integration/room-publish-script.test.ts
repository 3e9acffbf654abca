import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RedisConnection } from '../../src/redis/connection/connection.ts';
import { OPEN_ROOM } from '../../src/rooms/scripts/open-room.lua.ts';
import { PUBLISH_MESSAGES } from '../../src/rooms/scripts/publish-messages.lua.ts';
import { UNARCHIVED_MS } from '../../src/rooms/scripts/unarchived.ts';
import { RELEASE, SETTLE } from '../../src/rooms/scripts/release.lua.ts';
import { REMOVE_HISTORY } from '../../src/rooms/scripts/remove-history.lua.ts';
import type { RedisCluster } from '../support/redis-cluster.ts';
import { range } from '../support/requests.ts';
import {
  BASE,
  BODY,
  EARLIER,
  EPOCH,
  LINE,
  messages,
  MINUTE_MS,
  NEXT,
  type Stored,
  type StoredRoom,
  StoredRooms,
  TTL_MS,
} from '../support/stored-rooms.ts';

let rooms: StoredRooms;
let cluster: RedisCluster;
let commands: RedisConnection;
beforeAll(async () => {
  rooms = await StoredRooms.start();
  ({ cluster, commands } = rooms);
  return () => rooms[Symbol.asyncDispose]();
});

const createRoom = (stored: readonly Stored[], seq: number): Promise<StoredRoom> => rooms.create(stored, seq);
const storedIn = (stream: string): Promise<readonly number[]> => rooms.storedIn(stream);

describe('a message that is published', () => {
  /** So many messages in one call. */
  async function publishTo(
    { meta, stream }: StoredRoom,
    { ms = MINUTE_MS, count = 1_000_000, bytes = 0, isLong = true, messages = 1, body = BODY } = {},
  ): Promise<void> {
    const args = ['channel', NEXT, ms, count, bytes, isLong ? 1 : 0, TTL_MS, 0, LINE, 0];
    await commands.runScript(PUBLISH_MESSAGES, [meta, stream], [...args, ...range(1, messages).map(() => body)]);
  }

  /** What a slow machine may take to look. */
  const TOLERANCE_MS = 2000;
  const SET_MS = MINUTE_MS + MINUTE_MS / 8;
  /** So much is left that they are set again. */
  const DUE_MS = MINUTE_MS + MINUTE_MS / 16 - 1;

  async function expectSet({ meta, stream }: StoredRoom, ms = MINUTE_MS): Promise<void> {
    const slack = ms / 8;
    const until = Number(await cluster.admin.hget(meta, 'until')) - (await timeOfRedis());
    for (const left of [until, await cluster.admin.pttl(stream)]) {
      expect(left).toBeLessThanOrEqual(ms + slack);
      expect(left).toBeGreaterThan(ms + slack - TOLERANCE_MS);
    }
    const numbering = await cluster.admin.pttl(meta);
    expect(numbering).toBeLessThanOrEqual(Math.max(ms, TTL_MS) + slack);
    expect(numbering).toBeGreaterThan(Math.max(ms, TTL_MS) + slack - TOLERANCE_MS);
  }

  const timeOfRedis = async (): Promise<number> => (await rooms.now()).now;

  /** So much of what was set of the stream before is left, and nothing of its numbering, so that it shows who sets them. */
  async function leave(room: StoredRoom, leftMs: number): Promise<void> {
    const until = (await timeOfRedis()) + leftMs;
    await cluster.admin.multi().hset(room.meta, 'until', until).persist(room.meta).pexpireat(room.stream, until).exec();
  }

  async function newestIn({ stream }: StoredRoom): Promise<Buffer> {
    const [[, [, envelope]] = ['', []]] = (await cluster.admin.xrevrangeBuffer(stream, '+', '-', 'COUNT', 1)) as [
      [Buffer, Buffer[]]?,
    ];
    return envelope ?? Buffer.alloc(0);
  }

  /** When the newest message of the room was numbered, as it says itself. */
  async function newestAt(room: StoredRoom): Promise<number> {
    return Number((await newestIn(room)).readBigUInt64BE(18));
  }

  it('says when it was numbered, by the clock of Redis in whole milliseconds', async () => {
    const room = await createRoom([], 0);
    for (const _ of range(1, 40)) {
      const [before, , after] = await Promise.all([timeOfRedis(), publishTo(room), timeOfRedis()]);
      const at = await newestAt(room);
      expect(at).toBeGreaterThanOrEqual(before);
      expect(at).toBeLessThanOrEqual(after);
    }
  });

  it('says to the millisecond until when the times to live are set', async () => {
    const room = await createRoom([], 0);
    await publishTo(room, { ms: MINUTE_MS + 1 });
    const until = Number(await cluster.admin.hget(room.meta, 'until'));
    expect(until - (await newestAt(room))).toBe(MINUTE_MS + 1 + Math.floor((MINUTE_MS + 1) / 8));
  });

  it('begins a numbering without what was stored under one that is gone', async () => {
    const room = await createRoom(messages(3), BASE + 3);
    await cluster.admin.del(room.meta);
    await publishTo(room);
    expect(await storedIn(room.stream)).toEqual([1]);
    await expectSet(room);
  });

  it.each([MINUTE_MS, 3 * TTL_MS])('sets the times to live of its room where none is known, for %i ms', async (ms) => {
    const room = await createRoom([], 0);
    await publishTo(room, { ms });
    await expectSet(room, ms);
  });

  it.each([
    ['half of what they are longer is over', DUE_MS],
    ['they are over', -1],
    ['they are of a longer retention', SET_MS + TOLERANCE_MS],
    ['they are of one that is longer by far', 10 * SET_MS],
  ])('sets them again where %s', async (_, leftMs) => {
    const room = await createRoom([], 0);
    await publishTo(room);
    await leave(room, leftMs);
    await publishTo(room);
    await expectSet(room);
  });

  it.each([
    ['they were set just now', SET_MS],
    ['more than half of what they are longer is left', SET_MS - MINUTE_MS / 16 + TOLERANCE_MS],
  ])('leaves them as they are where %s', async (_, leftMs) => {
    const room = await createRoom([], 0);
    await publishTo(room);
    await leave(room, leftMs);
    const until = await cluster.admin.pexpiretime(room.stream);
    await publishTo(room);
    expect([await cluster.admin.pexpiretime(room.stream), await cluster.admin.pttl(room.meta)]).toEqual([until, -1]);
  });

  it('sets them of a stream that somebody has told to live for ever', async () => {
    const room = await createRoom([], 0);
    await publishTo(room);
    await leave(room, SET_MS);
    await cluster.admin.persist(room.stream);
    await publishTo(room);
    await expectSet(room);
  });

  it('sets them of a stream that was gone, whoever has removed it', async () => {
    const room = await createRoom([], 0);
    for (const seq of [1, 2]) {
      await publishTo(room);
      await expectSet(room);
      expect(await storedIn(room.stream)).toEqual([seq]);
      await leave(room, SET_MS);
      await cluster.admin.del(room.stream);
    }
  });

  it('brings about now and then, and only then, that what is too old goes', async () => {
    const room = await createRoom(
      range(1, 300).map((seq) => ({ seq, at: seq })),
      300,
    );
    // Times to live are set with the first, and then with none of them.
    for (const _ of range(301, 310)) await publishTo(room);
    await leave(room, DUE_MS);
    await publishTo(room);
    expect(await storedIn(room.stream)).toEqual(range(1, 311));
    await leave(room, DUE_MS);
    // A multiple of 8. Whole nodes of the stream go.
    await publishTo(room);
    const [oldest = 0] = await storedIn(room.stream);
    expect(oldest).toBeGreaterThan(200);
  });

  it.each([
    [3, 1],
    [4, 201],
    [9, 201],
  ])('brings that about in a call for %i messages where one of them would', async (messages, atLeast) => {
    const room = await createRoom(
      range(1, 300).map((seq) => ({ seq, at: seq })),
      300,
    );
    await publishTo(room, { messages });
    const stored = await storedIn(room.stream);
    expect(stored.at(-1)).toBe(300 + messages);
    expect(stored[0]).toBeGreaterThanOrEqual(atLeast);
    if (atLeast === 1) expect(stored[0]).toBe(1);
  });

  it('is trimmed behind by count where its number is a multiple of 16, and not sooner', async () => {
    const at = await timeOfRedis();
    const room = await createRoom(
      range(1, 300).map((seq) => ({ seq, at })),
      300,
    );
    await publishTo(room, { count: 10, messages: 3 });
    expect(await storedIn(room.stream)).toEqual(range(1, 303));
    await publishTo(room, { count: 10 });
    // Whole nodes of the stream go.
    const [oldest = 0] = await storedIn(room.stream);
    expect(oldest).toBeGreaterThan(100);
  });

  it('is trimmed behind at once by count where it is long, so that little is stored past that', async () => {
    const room = await createRoom([], 0);
    const body = Buffer.concat([BODY, Buffer.alloc(2_000)]);
    for (const _ of range(1, 15)) {
      await publishTo(room, { count: 4, body });
      // Whole nodes of the stream go, into which two or three of these fit.
      expect((await storedIn(room.stream)).length).toBeLessThanOrEqual(4 + 3);
    }
  });

  it('is trimmed behind by its number alone where it has 1,024 bytes, and at once where it has one more', async () => {
    const empty = await createRoom([], 0);
    await publishTo(empty);
    const bodyOf = (bytes: number): Buffer<ArrayBuffer> => Buffer.concat([BODY, Buffer.alloc(bytes)]);
    const left = 1_024 - (await newestIn(empty)).length;
    const at = await timeOfRedis();
    const room = await createRoom(
      range(1, 300).map((seq) => ({ seq, at })),
      300,
    );
    await publishTo(room, { count: 10, body: bodyOf(left) });
    expect((await newestIn(room)).length).toBe(1_024);
    expect(await storedIn(room.stream)).toEqual(range(1, 301));
    await publishTo(room, { count: 10, body: bodyOf(left + 1) });
    expect((await storedIn(room.stream)).length).toBeLessThan(200);
  });

  it('has a number of its own however shortly it is kept', async () => {
    const room = await createRoom([], 0);
    for (const seq of [1, 2]) {
      await publishTo(room, { ms: 1 });
      expect(await cluster.admin.hget(room.meta, 'seq')).toBe(String(seq));
    }
    expect(Number(await cluster.admin.hget(room.meta, 'until'))).toBeGreaterThan(0);
  });

  it('takes nothing along that is young enough where what is too old goes', async () => {
    const old = range(1, 100).map((seq) => ({ seq, at: seq }));
    const room = await createRoom(old, old.length);
    await Promise.all(range(101, 319).map(() => publishTo(room)));
    await leave(room, DUE_MS);
    await publishTo(room);
    const stored = await storedIn(room.stream);
    expect(stored[0]).toBeGreaterThan(1);
    expect(stored.filter((seq) => seq > old.length)).toEqual(range(101, 320));
  });

  describe('of a room with a bound in bytes', () => {
    /** Of eight messages. */
    let bytes: number;
    beforeAll(async () => {
      const room = await createRoom([], 0);
      await publishTo(room);
      bytes = 8 * (await newestIn(room)).length;
    });

    const BEGINNINGS: Readonly<Record<string, () => Promise<StoredRoom>>> = {
      'that nobody has seen': async () => {
        const room = await createRoom([], 0);
        await cluster.admin.del(room.meta);
        return room;
      },
      'that was unbounded': () => createRoom([], 0),
      'whose numbering has begun anew': async () => {
        const room = await createRoom(messages(3), BASE + 3);
        await commands.runScript(OPEN_ROOM, [room.meta, room.stream], [NEXT, TTL_MS, LINE, EPOCH, BASE + 4, 40]);
        return room;
      },
      'whose history was removed': async () => {
        const room = await createRoom([], BASE);
        for (const _ of range(1, 3)) await publishTo(room, { bytes });
        await commands.runScript(REMOVE_HISTORY, [room.meta, room.stream], [NEXT, TTL_MS, LINE]);
        return room;
      },
    };

    it.each(Object.entries(BEGINNINGS))(
      'lets the older half go when the newer has grown to more than half of that, to the byte: %s',
      async (_, begin) => {
        const room = await begin();
        const first = 1 + Number((await cluster.admin.hget(room.meta, 'seq')) ?? 0);
        const oldest: number[] = [];
        for (const _ of range(1, 13)) {
          await publishTo(room, { bytes });
          oldest.push(((await storedIn(room.stream))[0] ?? 0) - first);
        }
        expect(oldest).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 8]);
        // Without a bound nothing goes any more.
        for (const _ of range(1, 6)) await publishTo(room);
        expect(await storedIn(room.stream)).toEqual(range(first + 8, first + 18));
      },
    );

    it('is counted from the first long one on, and what was stored by then is the older half', async () => {
      const room = await createRoom([], 0);
      await cluster.admin.del(room.meta);
      for (const _ of range(1, 20)) await publishTo(room, { bytes, isLong: false });
      expect(await cluster.admin.hexists(room.meta, 'half')).toBe(0);
      await publishTo(room, { bytes });
      for (const _ of range(1, 3)) await publishTo(room, { bytes, isLong: false });
      expect(await storedIn(room.stream)).toEqual(range(1, 24));
      await publishTo(room, { bytes, isLong: false });
      expect(await storedIn(room.stream)).toEqual(range(21, 25));
    });

    it('lets the older half go in a call for several as in as many calls', async () => {
      const room = await createRoom([], 0);
      await publishTo(room, { bytes, messages: 8 });
      expect(await storedIn(room.stream)).toEqual(range(1, 8));
      await publishTo(room, { bytes, messages: 10 });
      expect(await storedIn(room.stream)).toEqual(range(13, 18));
      await publishTo(room, { bytes, messages: 3 });
      expect(await storedIn(room.stream)).toEqual(range(17, 21));
    });

    it('is stored beside the one before it where not a single one fits', async () => {
      const room = await createRoom([], 0);
      for (const _ of range(1, 4)) await publishTo(room, { bytes: 1 });
      expect(await storedIn(room.stream)).toEqual([3, 4]);
    });
  });

  describe('of a room that is archived', () => {
    let counter = 0;
    /** Of a message of these tests, as it is stored. */
    let size: number;
    beforeAll(async () => {
      const room = await createRoom([], 0);
      await publishTo(room);
      size = (await newestIn(room)).length;
    });

    interface ArchivedRoom extends StoredRoom {
      readonly kept: string;
    }

    async function createArchived(stored: readonly Stored[] = [], seq = 0): Promise<ArchivedRoom> {
      counter += 1;
      return { ...(await createRoom(stored, seq)), kept: `${cluster.prefix}:kept-${String(counter)}` };
    }

    /** How many messages it lets go of. */
    async function publish(
      { meta, stream, kept }: ArchivedRoom,
      { count = 10, bytes = 0, messages = 1, unarchived = 1000, ms = MINUTE_MS, once = [] as readonly string[] } = {},
    ): Promise<number> {
      const args = ['channel', NEXT, ms, count, bytes, bytes > 0 ? 1 : 0, TTL_MS, MINUTE_MS, LINE, unarchived * size];
      const reply = await commands.runScript(
        PUBLISH_MESSAGES,
        [meta, stream, kept, ...once],
        [...args, ...range(1, messages).map(() => BODY)],
      );
      if (!Array.isArray(reply)) return 0;
      // Of what was replied before there is a list, or nothing.
      if (once.length === 0) expect(reply[1]).toBeNull();
      return Number(reply[2] ?? 0);
    }

    const release = async ({ kept }: ArchivedRoom, seq: number, epoch = EPOCH): Promise<void> => {
      await commands.runScript(RELEASE, [kept], [epoch, seq, MINUTE_MS]);
    };

    const oldestIn = async (room: ArchivedRoom): Promise<number> => (await storedIn(room.stream))[0] ?? 0;

    it('lets nothing go that is not archived, whichever bound it is past, and what is archived by whole nodes', async () => {
      const old = range(1, 300).map((seq) => ({ seq, at: seq }));
      const room = await createArchived(old, old.length);
      await publish(room, { bytes: 20 * size, messages: 84 });
      expect(await storedIn(room.stream)).toEqual(range(1, 384));
      await release(room, 250);
      await publish(room, { bytes: 20 * size, messages: 16 });
      expect(await oldestIn(room)).toBeGreaterThan(100);
      expect(await oldestIn(room)).toBeLessThanOrEqual(251);
      await release(room, 400);
      await publish(room, { bytes: 20 * size, messages: 16 });
      expect(await oldestIn(room)).toBeGreaterThan(251);
    });

    /** Nodes of just 100 messages, for as long as the test. */
    async function setNodes(): Promise<void> {
      const nodes = ['stream-node-max-bytes', 'stream-node-max-entries'];
      const before = (await cluster.admin.config('GET', ...nodes)) as readonly string[];
      onTestFinished(async () => {
        await cluster.admin.config('SET', ...before);
      });
      await cluster.admin.config('SET', 'stream-node-max-bytes', 0, 'stream-node-max-entries', 100);
    }

    it.each([
      [99, 1],
      [100, 101],
    ])(
      'lets a node of 100 go with the last of them that is archived, and no sooner: %i are',
      async (archived, oldest) => {
        await setNodes();
        const old = range(1, 300).map((seq) => ({ seq, at: seq }));
        const room = await createArchived(old, old.length);
        await release(room, archived);
        await publish(room, { messages: 20 });
        expect(await oldestIn(room)).toBe(oldest);
      },
    );

    it.each([
      [13, 1],
      [12, 101],
    ])('keeps as many as may be, though all are archived: %i', async (count, oldest) => {
      await setNodes();
      const at = await timeOfRedis();
      const room = await createArchived(
        range(1, 111).map((seq) => ({ seq, at })),
        111,
      );
      await release(room, 111);
      await publish(room, { count });
      expect(await oldestIn(room)).toBe(oldest);
    });

    it('is trimmed by its bound in bytes, too, where it is archived', async () => {
      const room = await createArchived();
      const bounds = { count: 1_000_000, bytes: 20 * size };
      await publish(room, { ...bounds, messages: 300 });
      expect(await oldestIn(room)).toBe(1);
      await release(room, 300);
      await publish(room, { ...bounds, messages: 20 });
      expect(await oldestIn(room)).toBeGreaterThan(100);
    });

    it('goes by what is archived of its own epoch, up to its newest message', async () => {
      const room = await createArchived(
        range(1, 300).map((seq) => ({ seq, at: seq })),
        300,
      );
      await release(room, 300, EARLIER);
      await publish(room, { messages: 20 });
      expect(await oldestIn(room)).toBe(1);
      await release(room, 1000);
      await publish(room, { messages: 20 });
      expect(await oldestIn(room)).toBe(1);
    });

    it('is trimmed as any where more is not archived than its bound in bytes, by halves, and says of how many that is so', async () => {
      const room = await createArchived();
      const lets: number[] = [];
      for (const _ of range(1, 10)) lets.push(await publish(room, { count: 1, unarchived: 80, messages: 16 }));
      // With the 41st and the 81st a half is full; behind the second the first may go, and so on.
      expect(lets).toEqual([0, 0, 0, 0, 0, 40, 0, 40, 0, 0]);
      expect(await oldestIn(room)).toBeGreaterThan(1);
      expect(await oldestIn(room)).toBeLessThanOrEqual(81);
      expect((await storedIn(room.stream)).at(-1)).toBe(160);
      const single = await createArchived();
      lets.length = 0;
      for (const _ of range(1, 5)) lets.push(await publish(single, { unarchived: 2 }));
      expect(lets).toEqual([0, 0, 1, 1, 1]);
      // Nor is it counted twice where one call lets several halves go.
      expect(await publish(await createArchived(), { count: 1, unarchived: 80, messages: 160 })).toBe(80);
    });

    it('says of nothing that it is let go of which is archived, or was not stored', async () => {
      const room = await createArchived();
      for (const i of range(1, 10)) {
        expect(await publish(room, { count: 1, unarchived: 80, messages: 16 })).toBe(0);
        await release(room, 16 * i);
      }
      const trimmed = await createArchived(messages(30), BASE + 30);
      const lets: number[] = [];
      for (const _ of range(1, 6)) lets.push(await publish(trimmed, { unarchived: 80, messages: 16 }));
      // Those that were stored before anything was counted are the older half.
      expect(lets).toEqual([0, 0, 30, 0, 0, 40]);
    });

    it('says so, too, where some were published before', async () => {
      const room = await createArchived();
      await publish(room, { unarchived: 8, messages: 4 });
      const once = range(1, 8).map((i) => `${room.kept}/once/${String(i)}`);
      await cluster.admin.set(once[2] ?? '', `${EPOCH}2`);
      expect(await publish(room, { unarchived: 8, messages: 8, once })).toBe(4);
      expect((await storedIn(room.stream)).at(-1)).toBe(11);
      expect(await cluster.admin.get(once[7] ?? '')).toBe(`${EPOCH}11`);
    });

    it('begins to count anew in another epoch', async () => {
      const room = await createArchived();
      await publish(room, { unarchived: 8, messages: 14 });
      await cluster.admin.hset(room.meta, 'epoch', NEXT);
      expect(await publish(room, { unarchived: 8, messages: 4 })).toBe(0);
      expect(await cluster.admin.hmget(room.kept, 'epoch', 'free', 'upper')).toEqual([NEXT, '1', '15']);
    });

    it('is kept for a day where it is the last, and for as long as any once that is archived', async () => {
      const room = await createArchived();
      await publish(room);
      const [left, known] = [await cluster.admin.pttl(room.stream), await cluster.admin.pttl(room.kept)];
      const endOf = (key: string): Promise<number> => cluster.admin.pexpiretime(key);
      expect((await endOf(room.meta)) - (await endOf(room.stream))).toBeGreaterThanOrEqual(0);
      for (const each of [left, known]) {
        expect(each).toBeGreaterThan(UNARCHIVED_MS);
        expect(each).toBeLessThanOrEqual((9 * UNARCHIVED_MS) / 8);
      }
      const settle = (seq: number): Promise<unknown> =>
        commands.runScript(SETTLE, [room.kept, room.stream], [EPOCH, seq, MINUTE_MS]);
      await publish(room);
      await settle(1);
      expect(await cluster.admin.pttl(room.stream)).toBeGreaterThan(UNARCHIVED_MS);
      await settle(2);
      const until = await cluster.admin.pexpiretime(room.stream);
      expect(until).toBe((await newestAt(room)) + SET_MS);
      await publish(room);
      expect(await cluster.admin.pttl(room.stream)).toBeGreaterThan(UNARCHIVED_MS);
      expect(Math.abs((await newestAt(room)) - (await timeOfRedis()))).toBeLessThan(TOLERANCE_MS);
    });

    it('has nothing looked for where times to live were set just now, in the same millisecond or the next', async () => {
      for (const _ of range(1, 10)) {
        const room = await createArchived(
          range(1, 300).map((seq) => ({ seq, at: seq })),
          300,
        );
        await release(room, 300);
        const bounds = { count: 1_000_000 };
        await Promise.all([publish(room, bounds), publish(room, { ...bounds, messages: 64 })]);
        expect(await oldestIn(room)).toBe(1);
      }
    });

    it('lets what is old and archived go though times to live are not due', async () => {
      const room = await createArchived(
        range(1, 300).map((seq) => ({ seq, at: seq })),
        300,
      );
      await publish(room, { count: 1_000_000 });
      await release(room, 301);
      await publish(room, { count: 1_000_000, messages: 64 });
      expect(await oldestIn(room)).toBe(1);
      await publish(room, { count: 1_000_000, messages: 32 });
      expect(await oldestIn(room)).toBeGreaterThan(200);
    });
  });
});
