import { beforeAll, describe, expect, it } from 'vitest';
import { NOW_MS } from '../../src/redis/clock.lua.ts';
import { RedisConnection } from '../../src/redis/connection.ts';
import { KeySpace } from '../../src/redis/keys.ts';
import { Script } from '../../src/redis/script-call.ts';
import { RoomKeys } from '../../src/rooms/keys.ts';
import { OPEN_ROOM } from '../../src/rooms/scripts/open-room.lua.ts';
import { PUBLISH_MESSAGE } from '../../src/rooms/scripts/publish-message.lua.ts';
import { READ_HISTORY } from '../../src/rooms/scripts/read-history.lua.ts';
import { REMOVE_HISTORY } from '../../src/rooms/scripts/remove-history.lua.ts';
import { TAKE_OVER } from '../../src/rooms/scripts/take-over.lua.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { range } from '../support/requests.ts';
import { routeTo } from '../support/route-to.ts';

const MINUTE_MS = 60_000;
const TTL_MS = 60 * MINUTE_MS;
const [EARLIER, EPOCH, NEXT] = ['epoch--1', 'epoch--2', 'epoch--3'];
const LINE = 'the line';
/** Before the first number that is stored: the stream has been trimmed. */
const BASE = 100;

/** A stored message; its frame is of so many bytes. */
interface Stored {
  readonly seq: number;
  readonly at: number;
  readonly epoch?: string;
  readonly bytes?: number;
}

/** What a script sees of the time, between two looks at what it is made of. */
const CLOCK = new Script(`${NOW_MS}
local before = redis.call('TIME')
local now = now_ms()
return { before, now, redis.call('TIME') }`);

type Time = readonly [seconds: Buffer, microseconds: Buffer];

function inMs([seconds, microseconds]: Time): number {
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

let cluster: RedisCluster;
let commands: RedisConnection;
let keys: RoomKeys;
beforeAll(async () => {
  cluster = await RedisCluster.start();
  commands = connectionTo(cluster.redis.url);
  await commands.connect(performance.now() + 20_000);
  keys = new RoomKeys(new KeySpace(cluster.prefix));
  return async () => {
    await commands.close();
    await cluster[Symbol.asyncDispose]();
  };
});

function connectionTo(url: string): RedisConnection {
  const server = routeTo(url);
  const ignore = (): void => undefined;
  const handler = { handleReady: ignore, handleLost: ignore, handleRefused: ignore, handleUnwritable: ignore };
  return new RedisConnection({ server, name: 'test', commandTimeoutMs: 20_000 }, handler);
}

/** As bus-envelope.ts has it. */
function envelope({ seq, at, epoch = EPOCH, bytes = 1 }: Stored): Buffer {
  const numbers = Buffer.alloc(16);
  numbers.writeBigUInt64BE(BigInt(seq), 0);
  numbers.writeBigUInt64BE(BigInt(at), 8);
  return Buffer.concat([Buffer.from(`\u0001\u0001${epoch}`), numbers, Buffer.from('\u0003abc'), Buffer.alloc(bytes)]);
}

/** A room of its own for each state. */
let rooms = 0;

async function createRoom(stored: readonly Stored[], seq: number): Promise<{ meta: string; stream: string }> {
  rooms += 1;
  const { meta, stream } = keys.of(`room-${String(rooms)}`);
  const batch = cluster.admin.pipeline().hset(meta, { epoch: EPOCH, seq, line: LINE });
  for (const message of stored) batch.xadd(stream, `${String(message.seq)}-0`, 'm', envelope(message));
  await batch.exec();
  return { meta, stream };
}

async function storedIn(stream: string): Promise<readonly number[]> {
  return (await cluster.admin.xrange(stream, '-', '+')).map(([id]) => Number.parseInt(id, 10));
}

const seqsOf = (stored: readonly Stored[]): readonly number[] => stored.map(({ seq }) => seq);

/** So many messages, ten milliseconds after one another. */
const messages = (count: number): readonly Stored[] => range(1, count).map((i) => ({ seq: BASE + i, at: 10 * i }));

it('has the time of Redis in whole milliseconds', async () => {
  const [before, now, after] = (await commands.runScript(CLOCK, [], [])) as [Time, number, Time];
  expect(now).toBeGreaterThanOrEqual(inMs(before));
  expect(now).toBeLessThanOrEqual(inMs(after));
});

describe('a room that is opened', () => {
  async function open(
    stored: readonly Stored[],
    seq: number,
    seen: readonly (string | number)[],
  ): Promise<{ reply: unknown[]; left: readonly number[] }> {
    const { meta, stream } = await createRoom(stored, seq);
    const reply = (await commands.runScript(OPEN_ROOM, [meta, stream], [NEXT, TTL_MS, LINE, ...seen])) as unknown[];
    return { reply: [String(reply[0]), ...reply.slice(1)], left: await storedIn(stream) };
  }

  it.each([
    ['nothing was seen', []],
    ['the newest was seen', [EPOCH, BASE + 5, 50]],
    ['an earlier one was seen', [EPOCH, BASE + 1, 10]],
    ['nobody knows when the one was that was seen', [EPOCH, BASE + 3, 0]],
    ['nobody says when the one was that was seen', [EPOCH, BASE + 3]],
    ['what was seen is not stored any more', [EPOCH, BASE, 5]],
    ['nothing was seen but the begin', [EPOCH, 0, 0]],
    ['another epoch was seen, though further', [EARLIER, BASE + 50, 500]],
  ])('stays as it is where %s', async (_, seen) => {
    expect(await open(messages(5), BASE + 5, seen)).toEqual({
      reply: [EPOCH, BASE + 5, 50, 1],
      left: seqsOf(messages(5)),
    });
  });

  it('says no time of what is not stored', async () => {
    expect((await open([], BASE, [EPOCH, BASE, 7])).reply).toEqual([EPOCH, BASE, 0, 1]);
  });

  it('begins without what was stored under a numbering that is gone', async () => {
    const { meta, stream } = await createRoom(messages(3), BASE + 3);
    await cluster.admin.del(meta);
    const [epoch, ...rest] = (await commands.runScript(OPEN_ROOM, [meta, stream], [NEXT, TTL_MS, LINE])) as [Buffer];
    expect([String(epoch), ...rest]).toEqual([NEXT, 0, 0, 1]);
    expect(await storedIn(stream)).toEqual([]);
  });

  it('is not said to be empty where it is the right to write that is missing', async () => {
    const { meta, stream } = await createRoom([], 0);
    await cluster.admin.del(meta);
    await cluster.admin.acl('SETUSER', 'reader', 'on', '>secret', '~*', '+@all', '-hset');
    const url = new URL(cluster.redis.url);
    [url.username, url.password] = ['reader', 'secret'];
    const reader = connectionTo(url.href);
    await reader.connect(performance.now() + 20_000);
    const opening = reader.runScript(OPEN_ROOM, [meta, stream], [NEXT, TTL_MS, LINE]);
    await expect(opening).rejects.toThrow(/can't run this command|no permissions/);
    await reader.close();
  });

  it('begins anew where another message is where the one was that was seen, the very first time of all too', async () => {
    expect(await open(messages(5), BASE + 5, [EPOCH, BASE + 3, 31])).toEqual({
      reply: [NEXT, BASE + 5, 50, 1],
      left: [BASE + 4, BASE + 5],
    });
    const first = [{ seq: BASE + 1, at: 1 }];
    expect((await open(first, BASE + 1, [EPOCH, BASE + 1, 2])).reply).toEqual([NEXT, 0, 0, 1]);
    expect((await open(messages(1), BASE + 1, [EPOCH, BASE + 1, 1])).reply).toEqual([NEXT, BASE + 1, 10, 1]);
  });

  it('goes on with everything under another epoch where another server numbered last, and knows less than was seen', async () => {
    const { meta, stream } = await createRoom(messages(5), BASE + 5);
    const args = [NEXT, TTL_MS, 'another', EPOCH, BASE + 7, 70];
    const open = (): Promise<unknown> => commands.runScript(OPEN_ROOM, [meta, stream], args);
    for (const _ of [1, 2]) {
      expect(await open()).toEqual([Buffer.from(NEXT), BASE + 5, 50, 1]);
      expect(await storedIn(stream)).toEqual(seqsOf(messages(5)));
    }
    const numbering = { epoch: NEXT, line: 'another', past: `${EPOCH}:${String(BASE + 5)}` };
    expect(await cluster.admin.hgetall(meta)).toMatchObject(numbering);
  });

  it('keeps of what is behind the one that was seen exactly what is younger, wherever that begins', async () => {
    const cases = range(0, 7).flatMap((count) => range(0, 15).map((i) => ({ count, since: 5 * i })));
    const outcomes = await Promise.all(
      cases.map(({ count, since }) => open(messages(count), BASE + count, [EPOCH, BASE + count + 1, since])),
    );
    const expected = cases.map(({ count, since }) => {
      const left = seqsOf(messages(count).filter(({ at }) => at > since));
      return { reply: left.length > 0 ? [NEXT, BASE + count, 10 * count, 1] : [NEXT, 0, 0, 1], left };
    });
    expect(cases.map((one, i) => ({ ...one, ...outcomes[i] }))).toEqual(
      cases.map((one, i) => ({ ...one, ...expected[i] })),
    );
  });
});

describe('a message that is published', () => {
  interface Room {
    readonly meta: string;
    readonly stream: string;
  }

  async function publishTo({ meta, stream }: Room, ms = MINUTE_MS, bytes = 0): Promise<void> {
    const args = ['channel', NEXT, 'head', 'origin', 1_000_000, ms, bytes, TTL_MS, LINE];
    await commands.runScript(PUBLISH_MESSAGE, [meta, stream], args);
  }

  /** What a slow machine may take to look. */
  const TOLERANCE_MS = 2000;
  const SET_MS = MINUTE_MS + MINUTE_MS / 8;

  async function expectSet({ meta, stream }: Room, ms = MINUTE_MS): Promise<void> {
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

  async function timeOfRedis(): Promise<number> {
    const [, now] = (await commands.runScript(CLOCK, [], [])) as [Time, number];
    return now;
  }

  /** Times to live that nothing sets, so that it shows who sets them, with so much of what was set before left. */
  async function leave(room: Room, leftMs: number): Promise<void> {
    await cluster.admin
      .multi()
      .hset(room.meta, 'until', (await timeOfRedis()) + leftMs)
      .persist(room.meta)
      .persist(room.stream)
      .exec();
  }

  async function newestIn({ stream }: Room): Promise<Buffer> {
    const [[, [, envelope]] = ['', []]] = (await cluster.admin.xrevrangeBuffer(stream, '+', '-', 'COUNT', 1)) as [
      [Buffer, Buffer[]]?,
    ];
    return envelope ?? Buffer.alloc(0);
  }

  /** When the newest message of the room was numbered, as it says itself. */
  async function newestAt(room: Room): Promise<number> {
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
    await publishTo(room, MINUTE_MS + 1);
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
    await publishTo(room, ms);
    await expectSet(room, ms);
  });

  it.each([
    ['half of what they are longer is over', SET_MS - MINUTE_MS / 16 - 1],
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
    await publishTo(room);
    expect([await cluster.admin.pttl(room.stream), await cluster.admin.pttl(room.meta)]).toEqual([-1, -1]);
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
    const publish = (): Promise<unknown> => publishTo(room);
    await Promise.all(range(301, 319).map(publish));
    expect(await storedIn(room.stream)).toEqual(range(1, 319));
    // A multiple of 64. Whole nodes of the stream go.
    await publish();
    const [oldest = 0] = await storedIn(room.stream);
    expect(oldest).toBeGreaterThan(200);
  });

  it('takes nothing along that is young enough where what is too old goes', async () => {
    const old = range(1, 100).map((seq) => ({ seq, at: seq }));
    const room = await createRoom(old, old.length);
    await Promise.all(range(101, 320).map(() => publishTo(room)));
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

    const BEGINNINGS: Readonly<Record<string, () => Promise<Room>>> = {
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
        for (const _ of range(1, 3)) await publishTo(room, MINUTE_MS, bytes);
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
          await publishTo(room, MINUTE_MS, bytes);
          oldest.push(((await storedIn(room.stream))[0] ?? 0) - first);
        }
        expect(oldest).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 8]);
        // Without a bound nothing goes any more.
        for (const _ of range(1, 6)) await publishTo(room);
        expect(await storedIn(room.stream)).toEqual(range(first + 8, first + 18));
      },
    );

    it('is stored beside the one before it where not a single one fits', async () => {
      const room = await createRoom([], 0);
      for (const _ of range(1, 4)) await publishTo(room, MINUTE_MS, 1);
      expect(await storedIn(room.stream)).toEqual([3, 4]);
    });
  });
});

/** What `READ_HISTORY` takes, by name. */
interface Read {
  readonly direction: 'after' | 'last' | 'before';
  readonly bound: number | '';
  readonly limit: number;
  readonly maxBytes: number;
  readonly count: number | '';
  readonly ms: number | '';
}

const EVERYTHING: Read = { direction: 'after', bound: 0, limit: 1000, maxBytes: 1e9, count: '', ms: '' };

async function read(
  room: { meta: string; stream: string },
  { direction, bound, limit, maxBytes, count, ms }: Read,
  seen: readonly (string | number)[] = [],
): Promise<{ seqs: readonly number[]; hasMore: boolean; known: number; isAll: boolean }> {
  const args = [NEXT, TTL_MS, LINE, direction, bound, limit, maxBytes, count, ms, ...seen];
  const reply = await commands.runScript(READ_HISTORY, [room.meta, room.stream], args);
  const [, , envelopes, hasMore, known, isAll] = reply as [Buffer, number, Buffer[], number, number, number];
  const seqs = envelopes.map((bytes) => Number(bytes.readBigUInt64BE(10)));
  return { seqs, hasMore: hasMore === 1, known, isAll: isAll === 1 };
}

describe('history that is read', () => {
  const COUNT = 80;
  const sizes = range(1, COUNT).map((i) => 1 + ((i * 37) % 50));

  /** What is to come of a read: slower, and in words. */
  function expected(stored: readonly Stored[], now: number, wish: Read): { seqs: readonly number[]; hasMore: boolean } {
    const head = BASE + COUNT;
    const { direction, bound, limit, maxBytes, count, ms } = wish;
    const isAsked = ({ seq, at }: Stored): boolean =>
      (count === '' || seq > head - count) &&
      (ms === '' || at > now - ms) &&
      (direction !== 'after' || seq > Number(bound)) &&
      (direction !== 'last' || seq > head - Number(bound)) &&
      (direction !== 'before' || bound === '' || seq < bound);
    const asked = stored.filter(isAsked);
    if (direction === 'before') asked.reverse();
    const taken: Stored[] = [];
    let bytes = 0;
    for (const message of asked) {
      const size = message.bytes ?? 0;
      if (taken.length === limit || (taken.length > 0 && bytes + size > maxBytes)) break;
      taken.push(message);
      bytes += size;
    }
    return { seqs: seqsOf(taken).toSorted((x, y) => x - y), hasMore: taken.length < asked.length };
  }

  it('is what was asked for, from wherever, as far as limits, bytes and retention go', async () => {
    const now = Date.now();
    const stored = sizes.map((bytes, i) => ({ seq: BASE + i + 1, at: now - (COUNT - i) * MINUTE_MS, bytes }));
    const room = await createRoom(stored, BASE + COUNT);
    const places = [0, 1, 2, 3, 4, 37, COUNT - 1, COUNT, COUNT + 1];
    const bounds: readonly (readonly [Read['direction'], number | ''])[] = [
      ...places.flatMap((i) => [['after', BASE + i] as const, ['before', BASE + i] as const, ['last', i] as const]),
      ['before', ''],
      ['after', 0],
    ];
    const ages = ['', ...places.map((i) => i * MINUTE_MS + MINUTE_MS / 2)] as const;
    const wishes = bounds.flatMap(([direction, bound], i) =>
      [0, 1, 2, 5, 33, 1000].flatMap((limit, j) =>
        [0, 1, 50, 51, 52, 700, 1e9].map((maxBytes, k): Read => {
          // Each with another retention: all with all would be ten times as many.
          const count = (['', ...places] as const)[(i + 2 * j + 3 * k) % (places.length + 1)] ?? '';
          const ms = k % 2 === 0 ? '' : (ages[(2 * i + j + k) % ages.length] ?? '');
          return { direction, bound, limit, maxBytes, count, ms };
        }),
      ),
    );
    const results = await Promise.all(wishes.map((wish) => read(room, wish)));
    expect(wishes.map((wish, i) => ({ wish, ...results[i] }))).toEqual(
      wishes.map((wish) => ({ wish, ...expected(stored, now, wish), known: 0, isAll: false })),
    );
  });

  /** Of how many entries at most each read in Redis was, in order; of 0 where it was of one by its number. */
  async function stepsOf(room: { meta: string; stream: string }, wish: Read): Promise<readonly number[]> {
    const monitor = await cluster.admin.monitor();
    const steps: number[] = [];
    const isOver = new Promise<void>((resolve) => {
      monitor.on('monitor', (_: string, [command = '', key = '', , , , count = '0']: string[]) => {
        if (/^x(rev)?range$/i.test(command) && key === room.stream) steps.push(Number(count));
        if (/^echo$/i.test(command)) resolve();
      });
    });
    await read(room, wish);
    await cluster.admin.echo('over');
    await isOver;
    monitor.disconnect();
    return steps;
  }

  it('is read in steps that double, up to 32, and to one behind what fits', async () => {
    const at = Date.now() - MINUTE_MS;
    const room = await createRoom(
      range(1, COUNT).map((i) => ({ seq: BASE + i, at, bytes: 10 })),
      BASE + COUNT,
    );
    const backwards = { ...EVERYTHING, direction: 'before', bound: '' } as const;
    const wishes: readonly (readonly [Read, readonly number[]])[] = [
      [EVERYTHING, [1, 2, 4, 8, 16, 32, 32]],
      [{ ...EVERYTHING, limit: 10 }, [1, 2, 4, 4]],
      [{ ...EVERYTHING, maxBytes: 105 }, [1, 2, 4, 4]],
      [{ ...EVERYTHING, maxBytes: 10 }, [1, 1]],
      [{ ...EVERYTHING, maxBytes: 1 }, [1, 1]],
      [{ ...backwards, limit: 10 }, [1, 2, 4, 4]],
      [{ ...backwards, limit: 10, ms: TTL_MS }, [1, 2, 4, 4]],
      // The one that it would begin with, and with it the oldest and the newest, are too old.
      [{ ...EVERYTHING, ms: 1000 }, [0, 1, 1]],
    ];
    for (const [wish, steps] of wishes) expect(await stepsOf(room, wish), JSON.stringify(wish)).toEqual(steps);
    // To the byte.
    for (const [maxBytes, count] of [[99, 9] as const, [100, 10] as const]) {
      expect(await read(room, { ...EVERYTHING, maxBytes })).toMatchObject({ seqs: range(BASE + 1, BASE + count) });
    }
  });

  it('is known to whoever has seen it in the epoch before, exactly as far as that goes', async () => {
    const COUNT_KEPT = 5;
    for (const kept of range(0, COUNT_KEPT)) {
      const stored = messages(COUNT_KEPT).map((message, i) => ({ ...message, epoch: i < kept ? EARLIER : EPOCH }));
      const room = await createRoom(stored, BASE + COUNT_KEPT);
      const isSeen = (one: Stored, seq: number, at: number): boolean =>
        one.epoch === EARLIER && one.seq <= seq && (at === 0 || one.at <= at);
      const cases = range(-1, COUNT_KEPT + 2).flatMap((i) =>
        range(0, 2 * COUNT_KEPT + 1).map((j) => ({ kept, seq: BASE + i, at: 5 * j })),
      );
      const results = await Promise.all(
        cases.map(({ seq, at }) => read(room, { ...EVERYTHING, bound: seq, limit: 1 }, [EARLIER, at])),
      );
      expect(cases.map((one, i) => ({ ...one, known: results[i]?.known }))).toEqual(
        cases.map((one) => ({ ...one, known: stored.findLast((each) => isSeen(each, one.seq, one.at))?.seq ?? 0 })),
      );
      expect((await read(room, { ...EVERYTHING, bound: BASE + 9 }, [EPOCH, 0])).known).toBe(0);
    }
    expect((await read(await createRoom([], BASE), { ...EVERYTHING, bound: BASE }, [EARLIER, 0])).known).toBe(0);
  });
});

describe('a room that another server numbers from now on', () => {
  const takeOver = (room: { meta: string }, epoch: string, line: string): Promise<unknown> =>
    commands.runScript(TAKE_OVER, [room.meta], [epoch, line]);

  it('takes no message before that, and does nothing', async () => {
    const room = await createRoom(messages(3), BASE + 3);
    const before = await cluster.admin.hgetall(room.meta);
    const args = ['channel', NEXT, 'head', 'origin', 10, MINUTE_MS, 0, TTL_MS, 'another'];
    const publish = (): Promise<unknown> => commands.runScript(PUBLISH_MESSAGE, [room.meta, room.stream], args);
    expect(await publish()).toBe(3);
    expect([await cluster.admin.hgetall(room.meta), await storedIn(room.stream)]).toEqual([
      before,
      seqsOf(messages(3)),
    ]);
    await takeOver(room, NEXT, 'another');
    expect(String(await publish())).toBe(`${NEXT}${String(BASE + 4)}`);
    expect(await storedIn(room.stream)).toEqual([...seqsOf(messages(3)), BASE + 4]);
  });

  it('stays in its epoch where the server numbers it already, or nobody knows who did', async () => {
    const room = await createRoom(messages(3), BASE + 3);
    await takeOver(room, NEXT, LINE);
    await cluster.admin.hdel(room.meta, 'line');
    await takeOver(room, NEXT, 'another');
    const numbering = { epoch: EPOCH, seq: String(BASE + 3), line: 'another' };
    expect(await cluster.admin.hgetall(room.meta)).toEqual(numbering);
  });

  it('is not begun by that', async () => {
    const room = await createRoom([], 0);
    await cluster.admin.del(room.meta);
    await takeOver(room, NEXT, 'another');
    expect(await cluster.admin.exists(room.meta)).toBe(0);
  });

  it('is known as far as each of its last few epochs went, and no further', async () => {
    const EPOCHS = 7;
    const name = (i: number): string => `epoch-0${String(i)}`;
    const room = await createRoom([], 0);
    await cluster.admin.hset(room.meta, 'epoch', name(0));
    // Each has 10 messages, but the last.
    for (const i of range(1, EPOCHS)) {
      await cluster.admin.hset(room.meta, 'seq', 10 * i);
      await takeOver(room, name(i), `line ${String(i)}`);
    }
    const seen = async (epoch: number, seq: number): Promise<readonly [number, boolean]> => {
      const { known, isAll } = await read(room, { ...EVERYTHING, bound: seq }, [name(epoch)]);
      return [known, isAll];
    };
    const KEPT = 5;
    for (const i of range(EPOCHS - KEPT, EPOCHS - 1)) {
      const end = 10 * (i + 1);
      expect(await seen(i, end)).toEqual([end, true]);
      expect(await seen(i, end - 3)).toEqual([end - 3, true]);
      expect(await seen(i, end + 1)).toEqual([end, false]);
    }
    expect(await seen(EPOCHS - KEPT - 1, 10)).toEqual([0, false]);
    expect(await seen(EPOCHS, 70)).toEqual([0, false]);
    expect((await cluster.admin.hget(room.meta, 'past'))?.length).toBeLessThanOrEqual(64);
    // A numbering that begins anew has gone on from none.
    await commands.runScript(OPEN_ROOM, [room.meta, room.stream], [NEXT, TTL_MS, 'line 7', name(EPOCHS), 99, 0]);
    expect(await seen(EPOCHS - 1, 70)).toEqual([0, false]);
  });

  it('is read by who has seen an earlier epoch, what follows that or nothing', async () => {
    const room = await createRoom(messages(5), BASE + 5);
    await cluster.admin.hset(room.meta, 'past', `${EARLIER}:${String(BASE + 3)}`);
    const seqs = async (bound: number): Promise<readonly number[]> =>
      (await read(room, { ...EVERYTHING, bound }, [EARLIER])).seqs;
    expect(await seqs(BASE + 3)).toEqual([BASE + 4, BASE + 5]);
    expect(await seqs(BASE + 4)).toEqual([]);
  });
});
