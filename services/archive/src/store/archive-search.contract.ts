import { appendSeq, encodeMessageHead, encodePayload } from '@outcry/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { toArchived } from '../archiving/to-archived.ts';
import type { FoundPage, SearchRange } from './archive-search.ts';
import type { ArchivedMessage, ArchiveStore } from './archive-store.ts';

export interface SearchUnderTest extends AsyncDisposable {
  readonly store: ArchiveStore;
  /** Words are indexed as `simple`, and in no other language. */
  readonly search: (range: SearchRange) => Promise<FoundPage>;
}

const TERM = { partition: '3', fence: 1 };
const DAY = 86_400_000;
/** Three months. */
const START = Date.UTC(2026, 7, 30, 12);
const MINUTE = 60_000;
const at = (days: number, minutes = 0): number => START + days * DAY + minutes * MINUTE;

interface Said {
  readonly room?: string;
  readonly from?: string;
  readonly data: unknown;
  readonly sentAt: number;
  readonly seq: number;
}

function message({ room = 'chat.lobby', from = 'ann', data, sentAt, seq }: Said): ArchivedMessage {
  const head = encodeMessageHead({ room, from, at: sentAt - 1, data: encodePayload(data) });
  return toArchived({ room, position: { epoch: 'e', seq }, frame: appendSeq(head, seq), origin: '', at: sentAt });
}

const MESSAGES: readonly Said[] = [
  { seq: 1, sentAt: at(0), data: { text: 'Two bidders were bidding for tulips' } },
  { seq: 2, sentAt: at(0, 1), data: ['a', { deep: [{ deeper: 'Tulips were sold' }] }], from: 'bob' },
  { seq: 3, sentAt: at(2), data: 'sold for 100' },
  { seq: 4, sentAt: at(2, 1), data: { tulips: 100, is: true, n: null } },
  { seq: 5, sentAt: at(2, 2), data: Buffer.from('tulips') },
  { seq: 6, sentAt: at(40), data: '\0 hyacinths behind what jsonb cannot hold' },
  { seq: 1, sentAt: at(2, 3), data: 'Häuser und Tulpen', room: 'chat.haus', from: 'server' },
  { seq: 1, sentAt: at(2, 4), data: 'tulips in an inbox', room: '@ann', from: 'bob' },
  { seq: 1, sentAt: at(2, 5), data: 'x', room: `it's 100%_`, from: `o'brien` },
  // Longer than is indexed.
  { seq: 1, sentAt: at(3), data: `tulips ${'x '.repeat(150_000)}`, room: 'long' },
  { seq: 1, sentAt: at(4), data: 'аукцион тюльпанов', room: 'чат.зал', from: 'маша' },
];
const TULIPS = ['@ann 1', 'chat.lobby 2', 'chat.lobby 1'];

const CASES: readonly (readonly [Partial<SearchRange>, readonly string[]])[] = [
  [
    { room: 'chat.lobby', limit: 100 },
    ['chat.lobby 6', 'chat.lobby 5', 'chat.lobby 4', 'chat.lobby 3', 'chat.lobby 2', 'chat.lobby 1'],
  ],
  [{ room: 'chat.*', sender: 'server' }, ['chat.haus 1']],
  [{ room: '@*' }, ['@ann 1']],
  [{ room: 'nobody.was.here' }, []],
  [{ room: `it's 100%_`, sender: `o'brien` }, [`it's 100%_ 1`]],
  [{ room: '*%*' }, [`it's 100%_ 1`]],
  [{ room: 'chat_*' }, []],
  [{ room: 'CHAT.*' }, []],
  [{ room: 'c*t.h*s' }, ['chat.haus 1']],
  [{ room: 'chat.haus*haus' }, []],
  [{ sentFrom: at(0, 1), sentBefore: at(2) }, ['chat.lobby 2']],
  [{ room: 'chat.lobby', sentFrom: at(2, 2) }, ['chat.lobby 6', 'chat.lobby 5']],
  [{ sentFrom: at(2), sentBefore: at(2) }, []],
  // However deep, and no key, number or bytes.
  [{ words: 'hyacinths' }, ['chat.lobby 6']],
  [{ words: 'tulips' }, TULIPS],
  [{ words: 'tulips', language: 'simple' }, TULIPS],
  [{ words: 'TULIPS sold' }, ['chat.lobby 2']],
  [{ words: '"tulips were sold"' }, ['chat.lobby 2']],
  [{ words: '"sold tulips"' }, []],
  [{ words: 'tulips -sold', room: 'chat.*' }, ['chat.lobby 1']],
  [{ words: '100 or inbox' }, ['@ann 1', 'chat.lobby 3']],
  // As it is written, and no form of it.
  [{ words: 'tulip' }, []],
  [{ words: 'häuser' }, ['chat.haus 1']],
  [{ words: 'тюльпанов', sender: 'маша' }, ['чат.зал 1']],
  [{ words: 'tulips', sender: 'bob', sentFrom: at(1) }, ['@ann 1']],
  [{ words: 'NEAR AND NOT' }, []],
];

const INJECTIONS = [
  `'); DROP TABLE outcry.messages; --`,
  `' OR 1=1 --`,
  `"`,
  `""`,
  `texts : tulips`,
  `tulips* ^tulips {texts}: (`,
  `-"`,
  `:* & !( | <-> '`,
  `*`.repeat(128),
];

/** What every search of an archive does, whatever its language. */
export function describeArchiveSearch(name: string, open: () => Promise<SearchUnderTest>): void {
  describe(`a search in ${name}`, () => {
    let subject: SearchUnderTest;
    beforeAll(async () => {
      subject = await open();
      await subject.store.claim(TERM);
      await store(MESSAGES);
    });
    afterAll(() => subject[Symbol.asyncDispose]());

    const store = (said: readonly Said[]): Promise<unknown> =>
      subject.store.store(TERM, { messages: said.map(message), gaps: [], cursors: [] });
    const search = (range: Partial<SearchRange>): Promise<FoundPage> =>
      subject.search({ limit: 50, maxBytes: 256 * 1024, ...range });
    const namesOf = ({ messages }: FoundPage): readonly string[] =>
      messages.map(({ room, position }) => `${room} ${String(position.seq)}`);

    it.each(CASES)('by %j finds %j', async (...[range, found]) => {
      const page = await search(range);
      expect([namesOf(page), page.hasMore]).toEqual([found, false]);
    });

    it('has messages as they were sent', async () => {
      const { messages } = await search({ sender: 'bob', words: 'sold' });
      const [said] = MESSAGES.filter(({ from, seq }) => from === 'bob' && seq === 2).map(message);
      expect(messages.map((found) => ({ ...found, frame: Buffer.from(found.frame) }))).toEqual([
        {
          room: 'chat.lobby',
          position: { epoch: 'e', seq: 2 },
          sentAt: at(0, 1),
          frame: Buffer.from(said?.frame ?? []),
        },
      ]);
    });

    it('has words in no other language', async () => {
      await expect(search({ words: 'x', language: 'klingon' })).rejects.toThrow('simple');
    });

    it.each(INJECTIONS)('has %j as what it is, a text', async (text) => {
      for (const range of [{ room: `x${text}` }, { sender: text }, { words: text, room: 'nobody' }]) {
        expect(namesOf(await search(range))).toEqual([]);
      }
    });

    it('is read page by page to its end, each once and none left out, while more is said', async () => {
      const said = Array.from({ length: 60 }, (_, i): Said => ({
        // Three at a time: what is of one time has an order, too.
        ...{ room: `page.${String(i % 3)}`, seq: 1 + i, sentAt: at(5, Math.floor(i / 3)), data: `said ${String(i)}` },
      }));
      await store(said);
      for (const restrictions of [{ room: 'page.*' }, { words: 'said', room: 'page.*' }]) {
        const seen: number[] = [];
        let behind: SearchRange['behind'];
        let later = 1000;
        for (let hasMore = true; hasMore;) {
          const page = await search({ ...restrictions, limit: 7, behind });
          seen.push(...page.messages.map(({ position }) => position.seq));
          const last = page.messages.at(-1);
          behind = last && { sentAt: last.sentAt, room: last.room, ...last.position };
          ({ hasMore } = page);
          await store([{ room: 'page.0', seq: ++later, sentAt: at(6, later), data: 'said later' }]);
        }
        const known = seen.filter((seq) => seq <= 60);
        expect(known).toHaveLength(60);
        expect(new Set(known)).toEqual(new Set(said.map(({ seq }) => seq)));
        const times = known.map((seq) => Math.floor((seq - 1) / 3));
        expect(times).toEqual(times.toSorted((a, b) => b - a));
      }
    });

    it('ends a page before the bytes that it may have, and never without a message', async () => {
      await store([1, 2, 3].map((seq) => ({ room: 'big', seq, sentAt: at(7, seq), data: 'x'.repeat(150_000) })));
      const first = await search({ room: 'big' });
      expect([namesOf(first), first.hasMore]).toEqual([['big 3'], true]);
      const [last] = first.messages;
      const behind = { sentAt: last?.sentAt ?? 0, room: 'big', epoch: 'e', seq: 3 };
      expect(namesOf(await search({ room: 'big', behind }))).toEqual(['big 2']);
    });
  });
}
