import { beforeAll, describe, expect, it } from 'vitest';
import type { RedisConnection } from '../../src/redis/connection/connection.ts';
import { OPEN_ROOM } from '../../src/rooms/scripts/open-room.lua.ts';
import { PUBLISH_MESSAGES } from '../../src/rooms/scripts/publish-messages.lua.ts';
import { READ_HISTORY } from '../../src/rooms/scripts/read-history.lua.ts';
import { TAKE_OVER } from '../../src/rooms/scripts/take-over.lua.ts';
import { WEIGH_ROOM } from '../../src/rooms/scripts/weigh-room.lua.ts';
import type { RedisCluster } from '../support/redis-cluster.ts';
import { range } from '../support/requests.ts';
import {
  BASE,
  BODY,
  connectionTo,
  EARLIER,
  EPOCH,
  LINE,
  messages,
  MINUTE_MS,
  NEXT,
  seqsOf,
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

it('has the time of Redis in whole milliseconds', async () => {
  const { before, now, after } = await rooms.now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(after);
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
  room: StoredRoom,
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
  async function stepsOf(room: StoredRoom, wish: Read): Promise<readonly number[]> {
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

describe('a room that is weighed', () => {
  /** Of a message, with what stands before its text. */
  const HEAD_BYTES = 30;
  const weigh = ({ meta, stream }: StoredRoom): Promise<unknown> => commands.runScript(WEIGH_ROOM, [meta, stream], []);
  const ofSizes = (sizes: readonly number[]): readonly Stored[] =>
    sizes.map((bytes, i) => ({ seq: BASE + i + 1, at: 1, bytes }));

  it('is as heavy as its messages are together, to the byte, where they are few', async () => {
    for (const count of range(1, 8)) {
      const sizes = range(1, count).map((i) => 10 ** (i % 4));
      const room = await createRoom(ofSizes(sizes), BASE + count);
      const bytes = sizes.reduce((sum, size) => sum + HEAD_BYTES + size, 0);
      expect(await weigh(room)).toEqual([count, bytes]);
    }
  });

  it('is as heavy as eight of many say, from the oldest to the newest, at even distances', async () => {
    const COUNT = 15;
    // Each of the eight of another size, so that their sum says which they were.
    const sizes = range(0, COUNT - 1).map((i) => (i % 2 === 0 ? 2 ** (i / 2) : 10_000));
    const room = await createRoom(ofSizes(sizes), BASE + COUNT);
    const sampled = 8 * HEAD_BYTES + (2 ** 8 - 1);
    expect(await weigh(room)).toEqual([COUNT, Math.floor((sampled / 8) * COUNT)]);
  });

  it('weighs nothing where nothing is stored, or nobody knows how far it goes', async () => {
    const empty = await createRoom([], BASE);
    const unknown = await createRoom(messages(3), BASE + 3);
    await cluster.admin.del(unknown.meta);
    expect([await weigh(empty), await weigh(unknown)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

describe('a room that another server numbers from now on', () => {
  const takeOver = (room: { meta: string }, epoch: string, line: string): Promise<unknown> =>
    commands.runScript(TAKE_OVER, [room.meta], [epoch, line]);

  it('takes no message before that, and does nothing', async () => {
    const room = await createRoom(messages(3), BASE + 3);
    const once = `${room.meta}/once`;
    await cluster.admin.set(once, 'known before');
    const publish = (line: string, ...keys: readonly string[]): Promise<unknown> => {
      const args = [
        'channel',
        NEXT,
        MINUTE_MS,
        10,
        0,
        0,
        TTL_MS,
        1000,
        line,
        0,
        ...(keys.length > 0 ? keys : [1, 2]).map(() => BODY),
      ];
      return commands.runScript(PUBLISH_MESSAGES, [room.meta, room.stream, ...keys], args);
    };
    const before = await cluster.admin.hgetall(room.meta);
    const other = `${once}/other`;
    expect([await publish('another'), await publish('another', once, other)]).toEqual([3, 3]);
    expect([
      await cluster.admin.hgetall(room.meta),
      await storedIn(room.stream),
      await cluster.admin.exists(other),
    ]).toEqual([before, seqsOf(messages(3)), 0]);
    // What has nothing new is as it was.
    expect(await publish('another', once)).toEqual([Buffer.alloc(0), [Buffer.from('known before')]]);
    await takeOver(room, NEXT, 'another');
    expect(await publish(LINE)).toBe(3);
    expect(String(await publish('another'))).toBe(`${NEXT}${String(BASE + 5)}`);
    expect(await storedIn(room.stream)).toEqual([...seqsOf(messages(3)), BASE + 4, BASE + 5]);
  });

  it('knows who has begun it by a message', async () => {
    const room = await createRoom([], 0);
    await cluster.admin.del(room.meta);
    const publish = (line: string): Promise<unknown> =>
      commands.runScript(
        PUBLISH_MESSAGES,
        [room.meta, room.stream],
        ['channel', NEXT, MINUTE_MS, 10, 0, 0, TTL_MS, 0, line, 0, BODY],
      );
    expect([String(await publish(LINE)), await publish('another'), String(await publish(LINE))]).toEqual([
      `${NEXT}1`,
      3,
      `${NEXT}2`,
    ]);
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

  it('does not go on from half a numbering', async () => {
    const room = await createRoom([], 0);
    for (const field of ['epoch', 'seq']) {
      await cluster.admin.hset(room.meta, { epoch: EPOCH, seq: 3 });
      await cluster.admin.hdel(room.meta, field);
      const before = await cluster.admin.hgetall(room.meta);
      await takeOver(room, NEXT, 'another');
      expect(await cluster.admin.hgetall(room.meta)).toEqual(before);
    }
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

  it('keeps of its earlier epochs what fits into 64 bytes, to the byte', async () => {
    const own = `${EPOCH}:${String(BASE + 3)}`;
    for (const [length, isKept] of [[63 - own.length, true] as const, [64 - own.length, false] as const]) {
      const room = await createRoom(messages(3), BASE + 3);
      const earlier = 'x'.repeat(length);
      await cluster.admin.hset(room.meta, 'past', earlier);
      await takeOver(room, NEXT, 'another');
      expect(await cluster.admin.hget(room.meta, 'past')).toBe(isKept ? `${own} ${earlier}` : own);
    }
  });

  it('is read by who has seen an earlier epoch, what follows that or nothing', async () => {
    const room = await createRoom(messages(5), BASE + 5);
    await cluster.admin.hset(room.meta, 'past', `${EARLIER}:${String(BASE + 3)}`);
    const seqs = async (bound: number): Promise<readonly number[]> =>
      (await read(room, { ...EVERYTHING, bound }, [EARLIER])).seqs;
    expect(await seqs(BASE + 3)).toEqual([BASE + 4, BASE + 5]);
    expect(await seqs(BASE + 4)).toEqual([]);
    // Nor the very first message, where nothing is known of that epoch.
    const first = await createRoom(
      range(1, 3).map((seq) => ({ seq, at: seq })),
      3,
    );
    expect((await read(first, { ...EVERYTHING, bound: 0 }, [EARLIER])).seqs).toEqual([]);
    expect((await read(first, { ...EVERYTHING, bound: 0 }, [EPOCH])).seqs).toEqual([1, 2, 3]);
  });
});
