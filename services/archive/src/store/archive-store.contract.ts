import { appendSeq, encodeMessageHead, encodePayload } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { toArchived } from '../archiving/to-archived.ts';
import type { ArchivedMessage, ArchiveStore, Batch, Stored } from './archive-store.ts';

export interface StoredMessage {
  readonly seq: number;
  readonly sentAt: number;
  readonly sender: string;
  /** As JSON says it; undefined where there is none. */
  readonly payload: unknown;
  readonly frame: Uint8Array;
  /** What was known of the sender: as JSON says it, undefined where there is none; and its bytes. */
  readonly info: unknown;
  readonly infoBytes: Uint8Array | null;
}

/** A store of the test's own, and what it has, as whoever reads it sees that. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: ArchiveStore;
  messagesOf(room: string): Promise<readonly StoredMessage[]>;
  /** As `epoch:first-last reason`, in the order of epoch and number. */
  gaps(): Promise<readonly string[]>;
  /** Numbers in the order in which they come, and `+` behind them where there is more. */
  readonly page: (range: {
    readonly epoch: string;
    readonly after?: number;
    readonly before?: number;
    readonly limit?: number;
    readonly maxBytes?: number;
  }) => Promise<string>;
}

const ROOM = 'комната "a\\b"';
const TERM = { partition: '3', fence: 7 };
const START = Date.UTC(2026, 10, 30, 23, 59, 59);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

function message(seq: number, data: unknown = seq, { epoch = 'e', room = ROOM } = {}): ArchivedMessage {
  const head = encodeMessageHead({ room, from: 'ann', at: 1, data: encodePayload(data) });
  return toArchived({ room, position: { epoch, seq }, frame: appendSeq(head, seq), origin: '', at: START + seq });
}

function batchOf(messages: readonly ArchivedMessage[], past?: Readonly<Record<string, number>>): Batch {
  const last = messages.at(-1);
  const cursors = last === undefined ? [] : [{ room: last.room, epoch: last.epoch, seq: last.seq }];
  return { messages, gaps: [], cursors: cursors.map((cursor) => (past === undefined ? cursor : { ...cursor, past })) };
}

const PAYLOADS: readonly unknown[] = [
  null,
  true,
  -1.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  '',
  `'); DROP TABLE messages; --`,
  '{"a",NULL,\\"b\\"}',
  '\\u0000 as it is written',
  'text with 😀, \u2028 and \u0001\u007f',
  'x'.repeat(16_000),
  [[], {}, [null, [false]]],
  { a: { b: [1, { c: 'd' }] }, '': 'no name' },
  '\0',
  { 'a\0b': 1 },
  Buffer.from([0, 1, 255]),
];
/** What of them JSON has in another way. */
const IN_JSON = new Map<unknown, unknown>([
  ['\0', '\ufffd'],
  [PAYLOADS[14], { 'a\ufffdb': 1 }],
  [PAYLOADS[15], 'AAH/'],
]);

/** What every store of an archive does. */
export function describeArchiveStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`the archive in ${name}`, () => {
    let subject: StoreUnderTest;
    let store: ArchiveStore;
    beforeEach(async () => {
      subject = await open();
      ({ store } = subject);
      await store.claim(TERM);
    });
    afterEach(() => subject[Symbol.asyncDispose]());

    it('has rows equal to what was sent, of every kind of payload', async () => {
      const sent = PAYLOADS.map((data, i) => message(1 + i, data));
      expect((await store.store(TERM, batchOf(sent))).messages).toBe(sent.length);
      const rows = await subject.messagesOf(ROOM);
      expect(rows.map(({ frame }) => Buffer.from(frame))).toEqual(sent.map(({ frame }) => Buffer.from(frame)));
      const json = PAYLOADS.map((data) => IN_JSON.get(data) ?? data);
      expect(rows.map(({ payload }) => payload)).toEqual(json);
      expect(rows.map(({ sentAt }) => sentAt)).toEqual(sent.map(({ sentAt }) => sentAt));
      expect(new Set(rows.map(({ sender }) => sender))).toEqual(new Set(['ann']));
    });

    it('has what was known of senders, where something was', async () => {
      const infoBytes = encodePayload({ name: 'Ann' });
      const known = { ...message(1), info: '{"name":"Ann"}', infoBytes };
      await store.store(TERM, batchOf([known, message(2)]));
      const [first, second] = await subject.messagesOf(ROOM);
      expect([first?.info, Buffer.from(first?.infoBytes ?? [])]).toEqual([{ name: 'Ann' }, Buffer.from(infoBytes)]);
      expect([second?.info, second?.infoBytes]).toEqual([undefined, null]);
    });

    it('has what is written again once, and says how much of it was new', async () => {
      expect((await store.store(TERM, batchOf([message(1), message(2)]))).messages).toBe(2);
      expect((await store.store(TERM, batchOf([message(2), message(3)]))).messages).toBe(1);
      expect((await store.store(TERM, batchOf([message(2), message(3)]))).messages).toBe(0);
      expect((await subject.messagesOf(ROOM)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
      expect(await store.readCursors([ROOM, 'other'])).toEqual([{ room: ROOM, epoch: 'e', seq: 3 }]);
    });

    it('takes all of a batch or nothing', async () => {
      await store.store(TERM, batchOf([message(1)]));
      const broken = { ...message(3), sender: null as unknown as string };
      await expect(store.store(TERM, batchOf([message(2), broken]))).rejects.toMatchObject({ code: 'unavailable' });
      expect((await subject.messagesOf(ROOM)).map(({ seq }) => seq)).toEqual([1]);
      expect(await store.readCursors([ROOM])).toEqual([{ room: ROOM, epoch: 'e', seq: 1 }]);
      expect((await store.store(TERM, batchOf([message(2)]))).messages).toBe(1);
    });

    it('is closed to whoever comes with a lower fence, in that partition alone', async () => {
      await store.claim({ ...TERM, fence: 8 });
      await expect(store.store(TERM, batchOf([message(1)]))).rejects.toMatchObject({ code: 'fenced' });
      await store.claim(TERM);
      await expect(store.store(TERM, batchOf([message(1)]))).rejects.toMatchObject({ code: 'fenced' });
      await store.claim({ partition: '4', fence: 1 });
      expect(
        (await store.store({ partition: '4', fence: 1 }, batchOf([message(1, 1, { room: 'other' })]))).messages,
      ).toBe(1);
      expect((await store.store({ ...TERM, fence: 8 }, batchOf([message(1)]))).messages).toBe(1);
    });

    it('notes a gap once, and says which are new', async () => {
      const gaps = [
        { room: ROOM, epoch: 'e', first: 1, last: 4, reason: 'trimmed' },
        { room: ROOM, epoch: 'f', first: 9, last: null, reason: 'epoch' },
      ] as const;
      expect(await store.store(TERM, { messages: [], cursors: [], gaps: gaps.slice(0, 1) })).toEqual({
        messages: 0,
        gaps: gaps.slice(0, 1),
      });
      expect((await store.store(TERM, { messages: [], cursors: [], gaps })).gaps).toEqual(gaps.slice(1));
      expect((await store.store(TERM, { messages: [], cursors: [], gaps })).gaps).toEqual([]);
      expect(await subject.gaps()).toEqual(['e:1-4 trimmed', 'f:9-null epoch']);
    });

    it('is read by pages of one order of numbers, through the epochs that went on from one another, up to a bound in bytes', async () => {
      const write = (epoch: string, seqs: readonly number[], past?: Record<string, number>): Promise<Stored> =>
        store.store(
          TERM,
          batchOf(
            seqs.map((seq) => message(seq, 'x'.repeat(60), { epoch })),
            past,
          ),
        );
      await write('z', range(1, 50));
      // Of the first more was archived than the second went on from.
      await write('a', range(1, 12));
      await write('b', range(11, 20), { a: 10 });
      await write('c', range(21, 30), { b: 20, a: 10 });
      const { page } = subject;
      expect(await page({ epoch: 'c', after: 0 })).toBe(range(1, 30).join(' '));
      expect(await page({ epoch: 'c', before: 31 })).toBe(range(1, 30).reverse().join(' '));
      expect(await page({ epoch: 'b', after: 18 })).toBe('19 20');
      expect(await page({ epoch: 'c', after: 8, limit: 5 })).toBe('9 10 11 12 13 +');
      expect(await page({ epoch: 'c', before: 13, limit: 4 })).toBe('12 11 10 9 +');
      const { length } = message(1, 'x'.repeat(60), { epoch: 'c' }).frame;
      expect(await page({ epoch: 'c', after: 18, maxBytes: 3 * length })).toBe('19 20 21 +');
      expect(await page({ epoch: 'c', after: 18, maxBytes: 1 })).toBe('19 +');
      expect(await page({ epoch: 'c', after: 30 })).toBe('');
      expect(await page({ epoch: 'c', before: 1 })).toBe('');
      expect(await page({ epoch: 'nobody', after: 0 })).toBe('');
    });

    it('deletes nothing that it is to keep', async () => {
      await store.store(TERM, batchOf([message(1)]));
      expect(await store.expire()).toBe(0);
      expect(await subject.messagesOf(ROOM)).toHaveLength(1);
    });
  });
}
