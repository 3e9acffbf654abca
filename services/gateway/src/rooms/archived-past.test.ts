import { type HistoryRange, OutcryError, type Retention, type RoomHistory, type RoomMessage } from '@outcry/broker';
import { RequestError } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import type { ArchiveRange } from '../archive/room-archive.ts';
import { GatewayMetrics } from '../observability/metrics.ts';
import { ArchiveAbsence } from './archive-absence.ts';
import { ArchivedPast } from './archived-past.ts';
import type { PastReader } from './past.ts';
import { ALL_RIGHTS } from '../identity/rights/room-rights.ts';
import { type RoomRule, RoomRules } from './room-rules.ts';

const HEAD = { epoch: 'e', seq: 100 };
const READER = { backlog: { hasRoom: true } };
const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

function ruleOf(retention: Partial<Retention>): RoomRule {
  const rights = { users: ALL_RIGHTS, guests: ALL_RIGHTS };
  return {
    retention: { count: 10, ms: 1000, ...retention },
    ...{ presence: true, publish: 'members', signal: 'members', readHistory: true },
    ...rights,
  };
}

const seqsOf = ({ messages }: Pick<RoomHistory, 'messages'>): readonly number[] =>
  messages.map(({ position }) => position.seq);

describe('the past of a room that is archived', () => {
  let past: ArchivedPast;
  let absence: ArchiveAbsence;
  let metrics: GatewayMetrics;
  /** What a stream has, and the archive. */
  let stored: number[];
  let archived: number[];
  let isContinued: boolean;
  let fault: Error | undefined;
  let answerLate: Promise<never> | undefined;
  /** As many messages as the archive has in one page, however many are asked for. */
  let archivePage: number;
  /** When the stream is read. */
  let onStored: () => unknown;
  let retentions: Retention[];
  let asked: ArchiveRange[];

  beforeEach(() => {
    [stored, archived, isContinued, fault] = [range(91, 100), range(1, 95), false, undefined];
    [answerLate, onStored, archivePage] = [undefined, () => undefined, Infinity];
    [retentions, asked, metrics] = [[], [], new GatewayMetrics()];
    absence = new ArchiveAbsence({ metrics: metrics.archive });
    past = new ArchivedPast({
      broker: {
        readHistory(_, page, retention) {
          retentions.push(retention);
          onStored();
          return Promise.resolve(readFrom(stored, page));
        },
      },
      archive: {
        read(page) {
          asked.push(page);
          if (fault !== undefined) return Promise.reject(fault);
          if (answerLate !== undefined) return answerLate;
          const { messages, hasMore } = readFrom(archived, {
            ...page,
            limit: Math.min(page.limit, archivePage),
          });
          return Promise.resolve({
            messages: messages.map((each) => ({ ...each, frame: Buffer.from(each.frame) })),
            hasMore,
          });
        },
        notReady: () => undefined,
        close: () => Promise.resolve(),
      },
      rules: new RoomRules([{ pattern: 'kept', rule: ruleOf({ isArchived: true }) }], ruleOf({})),
      metrics,
      absence,
      archiveMetrics: {
        pastReads: metrics.archive.reads,
        pastBytes: metrics.archive.bytes,
        pastReadsSpared: metrics.archive.readsSpared,
      },
      pageBytes: 1024,
    });
  });
  afterEach(() => {
    past.close();
  });

  function readFrom(seqs: readonly number[], page: HistoryRange): RoomHistory {
    const limit = 'last' in page ? page.last : page.limit;
    const after = 'after' in page ? page.after : HEAD.seq - limit;
    const before = 'before' in page && page.before !== undefined ? page.before : Infinity;
    const isBackward =
      !('last' in page) && ('before' in page || !('after' in page)) && (page as ArchiveRange).after === undefined;
    const found = seqs.filter((seq) => (isBackward ? seq < before : seq > after));
    const taken = isBackward ? found.slice(-limit) : found.slice(0, limit);
    const messages = taken.map((seq): RoomMessage => ({
      room: 'kept',
      position: { epoch: 'e', seq },
      frame: new Uint8Array(3),
      origin: '',
      at: seq,
    }));
    return { head: HEAD, messages, hasMore: found.length > taken.length, isContinued };
  }

  const read = (page: HistoryRange, room = 'kept'): Promise<RoomHistory> =>
    past.read(READER, { room, page: () => page });

  it('begins with all that is stored, whatever the rule keeps, and says that there may be more', async () => {
    const history = await read({ before: undefined, limit: 50 });
    expect([seqsOf(history), history.hasMore, history.head]).toEqual([stored, true, HEAD]);
    expect(retentions[0]?.count).toBeGreaterThan(1e9);
    expect(asked).toEqual([]);
    expect(past.keptOf('kept')).toBe(100_000);
    stored = range(1, 100);
    expect(await read({ before: undefined, limit: 100 })).toMatchObject({ hasMore: false });
    expect(asked).toEqual([]);
  });

  it('is not asked for where a page of what is stored ends before the oldest of that', async () => {
    const page = await read({ before: undefined, limit: 5 });
    expect([seqsOf(page), page.hasMore, asked]).toEqual([range(96, 100), true, []]);
  });

  it('is in the archive before that, up to its first message', async () => {
    const page = await read({ before: 91, limit: 80 });
    expect([seqsOf(page), page.hasMore, page.head]).toEqual([range(11, 90), true, HEAD]);
    const last = await read({ before: 11, limit: 80 });
    expect([seqsOf(last), last.hasMore]).toEqual([range(1, 10), false]);
    expect(asked).toMatchObject([{ room: 'kept', epoch: 'e', before: 91, limit: 80, maxBytes: 1024 }, { before: 11 }]);
    expect(await read({ before: 1, limit: 5 })).toMatchObject({ messages: [], hasMore: false });
    expect(asked).toHaveLength(2);
    expect((await metrics.archive.reads.get()).values[0]?.value).toBe(2);
  });

  it('is read from the archive where nothing is stored any more', async () => {
    stored = [];
    archived = range(1, 100);
    expect(seqsOf(await read({ limit: 5 }))).toEqual(range(96, 100));
    expect(seqsOf(await read({ last: 5 }))).toEqual(range(96, 100));
  });

  it('follows what a client has seen, and goes on in the stream', async () => {
    const page = await read({ after: 20, epoch: 'e', limit: 30 });
    expect([seqsOf(page), page.hasMore]).toEqual([range(21, 50), true]);
    const last = await read({ after: 80, limit: 30 });
    expect([seqsOf(last), last.hasMore]).toEqual([range(81, 95), true]);
    expect(seqsOf(await read({ after: 90, limit: 30 }))).toEqual(range(91, 100));
    const newest = await read({ after: 92, limit: 30 });
    expect([seqsOf(newest), newest.hasMore]).toEqual([range(93, 100), false]);
    expect(seqsOf(await read({ after: 100, limit: 30 }))).toEqual([]);
    expect(asked).toHaveLength(2);
    // A single one is missing between the two.
    expect(seqsOf(await read({ after: 89, limit: 30 }))).toEqual(range(90, 95));
  });

  it('ends at a hole, and does not begin behind one', async () => {
    archived = [...range(1, 30), ...range(41, 95)];
    expect(seqsOf(await read({ after: 20, limit: 50 }))).toEqual(range(21, 30));
    expect(seqsOf(await read({ after: 30, limit: 50 }))).toEqual(stored);
    expect(seqsOf(await read({ before: 45, limit: 6 }))).toEqual([29, 30, ...range(41, 44)]);
  });

  it('has of the newest messages those behind the last hole', async () => {
    archived = [...range(1, 30), ...range(61, 95)];
    expect(seqsOf(await read({ last: 80 }))).toEqual(range(61, 95));
    archived = range(1, 80);
    expect(seqsOf(await read({ last: 30 }))).toEqual(stored);
    expect(seqsOf(await read({ last: 10 }))).toEqual(stored);
    archived = [];
    expect(seqsOf(await read({ last: 30 }))).toEqual(stored);
    archived = range(1, 90);
    expect(seqsOf(await read({ last: 200 }))).toEqual(range(1, 90));
    expect(asked.at(-1)).toMatchObject({ after: 0, limit: 200 });
    // Nothing is stored any more, and the last of the room is in neither.
    [stored, archived] = [[], range(1, 99)];
    const page = await read({ last: 30 });
    expect([seqsOf(page), page.hasMore]).toEqual([[], false]);
  });

  it('has of the newest messages as many as fit into a page of the archive, though what follows them is there as well', async () => {
    archivePage = 10;
    const page = await read({ last: 30 });
    expect([seqsOf(page), page.hasMore]).toEqual([range(71, 80), true]);
    expect(seqsOf(await read({ after: 80, epoch: 'e', limit: 20 }))).toEqual(range(81, 90));
  });

  it('is not looked for where the client has seen another numbering, unless the room went on from that', async () => {
    expect(seqsOf(await read({ after: 20, epoch: 'd', limit: 5 }))).toEqual(range(91, 95));
    expect(asked).toEqual([]);
    isContinued = true;
    expect(seqsOf(await read({ after: 20, epoch: 'd', limit: 5 }))).toEqual(range(21, 25));
  });

  it('is what is stored, and said to be more, where the archive is away', async () => {
    fault = new OutcryError('unavailable', 'away');
    expect(await read({ before: 91, limit: 5 })).toMatchObject({ messages: [], hasMore: false, isAway: true });
    const missed = await read({ after: 20, limit: 50 });
    expect([seqsOf(missed), missed.isAway]).toEqual([stored, true]);
    fault = new TypeError('a mistake');
    await expect(read({ before: 91, limit: 5 })).rejects.toBe(fault);
  });

  it('tells who waits for the archive when a page of it comes, when one does not, and when nobody waits any more', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const wait = (): Promise<boolean> => absence.wait(performance.now(), () => true);
    // Nothing has come yet.
    expect(await wait()).toBe(false);
    await read({ before: 91, limit: 5 });
    const first = wait();
    expect(absence.size).toBe(1);
    await read({ before: 50, limit: 5 });
    expect(await first).toBe(true);
    fault = new OutcryError('unavailable', 'away');
    await read({ before: 91, limit: 5 });
    vi.advanceTimersByTime(8000);
    expect(await wait()).toBe(false);
    fault = undefined;
    await read({ before: 91, limit: 5 });
    const last = wait();
    past.close();
    expect(await last).toBe(false);
  });

  it('is waited for no longer than a page of a stream behind what is asked of the archive already', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    answerLate = new Promise(() => undefined);
    past.read(READER, { room: 'kept', page: () => ({ before: 91, limit: 5 }) }).catch(() => undefined);
    const second = read({ before: 50, limit: 5 });
    await vi.waitUntil(() => asked.length === 1 && past.size === 1, { interval: 1 });
    // Who waits is looked at each 100 ms.
    vi.advanceTimersByTime(8200);
    expect(await second).toMatchObject({ messages: [], hasMore: false, isAway: true });
  });

  it('waits for who has no room for it, at the stream and at the archive, and comes when it has', async () => {
    for (const place of ['stream', 'archive']) {
      const backlog = { hasRoom: place === 'archive' };
      const reader = { backlog };
      onStored = () => (backlog.hasRoom = false);
      const page = past.read(reader, { room: 'kept', page: () => ({ before: 50, limit: 5 }), isAsked: true });
      await vi.waitUntil(() => past.isParked(reader));
      expect(past.size).toBe(1);
      onStored = () => undefined;
      backlog.hasRoom = true;
      past.resume(reader);
      expect(past.isParked(reader)).toBe(false);
      expect(seqsOf(await page)).toEqual(range(45, 49));
    }
  });

  it('waits for nobody’s room where nobody has asked for it', async () => {
    const reader = { backlog: { hasRoom: false } };
    const page = await past.read(reader, { room: 'kept', page: () => ({ before: 50, limit: 5 }) });
    expect(seqsOf(page)).toEqual(range(45, 49));
  });

  it('is refused as late as at the archive, to whom it is refused by then', async () => {
    const refusal = new RequestError('rateLimited', 'too much');
    let checks = 0;
    const check = (): void => {
      checks += 1;
      if (checks === 2) throw refusal;
    };
    const page = past.read(READER, { room: 'kept', page: () => ({ before: 50, limit: 5 }), check });
    await expect(page).rejects.toBe(refusal);
    expect(asked).toEqual([]);
  });

  it('is the stream’s alone of a room that is not archived', async () => {
    const history = await read({ before: 91, limit: 5 }, 'other');
    expect([history.messages, asked, retentions[0]?.count, past.keptOf('other')]).toEqual([[], [], 10, 10]);
  });

  it('reads one page for equal questions, and none for who is gone', async () => {
    const [one, other] = [READER, { backlog: { hasRoom: true } }];
    const pages = [one, other].map((reader) =>
      past.read(reader, { room: 'kept', page: () => ({ before: 50, limit: 5 }) }),
    );
    for (const page of await Promise.all(pages)) expect(seqsOf(page)).toEqual(range(45, 49));
    expect(asked).toHaveLength(1);
    const gone = past.read(one, { room: 'kept', page: () => ({ before: 50, limit: 5 }) });
    past.forget(one);
    await expect(gone).rejects.toMatchObject({ code: 'closed' });
    expect(past.size).toBe(0);
  });

  /** Reads a page of the archive, which does not answer, and waits for another one behind that. */
  async function readInVain(reader: PastReader): Promise<{ readonly second: Promise<RoomHistory> }> {
    answerLate = new Promise(() => undefined);
    past.read(reader, { room: 'kept', page: () => ({ before: 91, limit: 5 }) }).catch(() => undefined);
    const second = past.read(reader, { room: 'kept', page: () => ({ before: 50, limit: 5 }) });
    second.catch(() => undefined);
    await vi.waitUntil(() => asked.length === 1 && past.size === 1, { interval: 1 });
    return { second };
  }

  it('is not waited for, as if the archive were away, by who is gone meanwhile', async () => {
    const reader = { backlog: { hasRoom: true } };
    const { second } = await readInVain(reader);
    past.forget(reader);
    await expect(second).rejects.toMatchObject({ code: 'closed' });
    expect(past.size).toBe(0);
  });

  it('is refused to who waits for either of the two when it is closed', async () => {
    const { second } = await readInVain({ backlog: { hasRoom: true } });
    const parked = { backlog: { hasRoom: false } };
    const unread = past.read(parked, { room: 'kept', page: () => ({ limit: 5 }), isAsked: true });
    expect(past.size).toBe(2);
    past.close();
    await expect(second).rejects.toMatchObject({ code: 'closed' });
    await expect(unread).rejects.toMatchObject({ code: 'closed' });
    expect(past.size).toBe(0);
  });
});
