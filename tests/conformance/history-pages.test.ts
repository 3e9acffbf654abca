import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type RawClient, type ServerFrameOf, UNLIMITED } from '@outcry/testkit';
import { afterAll, describe, expect, test } from 'vitest';

import { ENCODINGS, openIn, uniqueName } from './support/clients.ts';
import { OWNS_SERVER, useTarget } from './support/target.ts';

/** As §7 has it. */
const PAGE_BYTES = 256 * 1024;
const COUNT = 60;
/** Several pages of them, and each fits into a frame. */
const LARGE = 'x'.repeat(16_000);

type Ack = ServerFrameOf<'ack'>;

describe.runIf(OWNS_SERVER)('the past of a room, page by page', () => {
  const target = useTarget({ settings: UNLIMITED });

  describe.each(ENCODINGS)('%s', (encoding) => {
    test('comes whole, each message once, to who asks for what is before the last answer', async () => {
      const { client, room } = await openFilled();
      let page = await client.expectAnswer('ack', { type: 'history', room, limit: 1000 });
      expect(bytesOf(page)).toBeGreaterThan(PAGE_BYTES - 2 * LARGE.length);
      expect(bytesOf(page)).toBeLessThanOrEqual(PAGE_BYTES);
      const seen = [...seqsOf(page)];
      while (page.more === true) {
        page = await client.expectAnswer('ack', { type: 'history', room, before: seen[0], limit: 1000 });
        expect(bytesOf(page)).toBeLessThanOrEqual(PAGE_BYTES);
        seen.unshift(...seqsOf(page));
      }
      expect(seen).toEqual(range(1, COUNT));
    });

    test('says that there is more where the limit ends a page, and nothing where there is none', async () => {
      const { client, room } = await openFilled(3, 'small');
      const ask = async (before: number | undefined, limit: number): Promise<unknown> =>
        (await client.expectAnswer('ack', { type: 'history', room, before, limit })).more;
      expect(await ask(undefined, 2)).toBe(true);
      expect(await ask(3, 1)).toBe(true);
      expect(await ask(undefined, 3)).toBeUndefined();
      expect(await ask(2, 1)).toBeUndefined();
      expect(await ask(1, 1)).toBeUndefined();
    });

    test('answers who asks for many pages at once, whatever they come to, and closes nobody for it', async () => {
      const { client, room } = await openFilled();
      const asked = range(1, 30).map((id) => ({ type: 'history', id, room, limit: 1000 }));
      const answers = await Promise.all(asked.map((request) => client.expectAnswer('ack', request)));
      for (const answer of answers) expect(seqsOf(answer).at(-1)).toBe(COUNT);
      expect(client.received.filter(({ type }) => type === 'error')).toEqual([]);
    });

    test('comes behind a join in order and once, with what is published meanwhile', async () => {
      const { client: publisher, room } = await openFilled();
      const late = await openIn(uniqueName('room'), { url: target.url, encoding });
      const joined = await late.expectAnswer('joined', { type: 'join', room, history: 1000 });
      await publisher.expectAnswer('ack', { type: 'publish', room, data: 'last' });
      await late.next({ type: 'message', room, seq: COUNT + 1 });
      expect(joined.seq).toBe(0);
      const seqs = late.received.flatMap((frame) =>
        frame.type === 'message' && frame.room === room ? [frame.seq] : [],
      );
      expect(seqs).toEqual(range(1, COUNT + 1));
    });

    test('comes behind a resume in the same way', async () => {
      const { client: publisher, room } = await openFilled();
      const { epoch = '' } = await publisher.expectAnswer('ack', { type: 'history', room, limit: 1 });
      const late = await openIn(uniqueName('room'), { url: target.url, encoding });
      const joined = await late.expectAnswer('joined', { type: 'join', room, since: { epoch, seq: 5 } });
      await late.next({ type: 'message', room, seq: COUNT });
      expect(joined).toMatchObject({ recovered: true, seq: 5 });
      const seqs = late.received.flatMap((frame) =>
        frame.type === 'message' && frame.room === room ? [frame.seq] : [],
      );
      expect(seqs).toEqual(range(6, COUNT));
    });

    async function openFilled(count = COUNT, data = LARGE): Promise<{ client: RawClient; room: string }> {
      const room = uniqueName('room');
      const client = await openIn(room, { url: target.url, encoding });
      for (let i = 0; i < count; i += 1) await client.expectAnswer('ack', { type: 'publish', room, data });
      await client.next({ type: 'message', room, seq: count });
      return { client, room };
    }
  });
});

function seqsOf({ messages = [] }: Ack): readonly number[] {
  return messages.map(({ seq }) => seq);
}

/** Of frames in msgpack; what is around the text is less than a hundred bytes. */
function bytesOf({ messages = [] }: Ack): number {
  return messages.reduce((sum, { data }) => sum + String(data).length, 0);
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

describe.runIf(OWNS_SERVER)('the past of a room that goes on in an archive which is away', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-rules-'));
  const roomRulesFile = join(folder, 'rules.json');
  writeFileSync(roomRulesFile, JSON.stringify({ rules: [{ pattern: 'room-*', archive: true }] }));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  // Nobody listens at the port of discard.
  const archiveUrl = 'postgres://nobody@127.0.0.1:9/archive';
  const target = useTarget({
    settings: { ...UNLIMITED, roomRulesFile, archiveUrl, roomUnarchivedBytes: 0, historyCount: 5 },
  });

  describe.each(ENCODINGS)('%s', (encoding) => {
    test('is what is stored, and says that there is more; nobody waits for it', async () => {
      const room = uniqueName('room');
      const client = await openIn(room, { url: target.url, encoding });
      const { epoch = '' } = await client.expectAnswer('ack', { type: 'publish', room, data: 0 });
      for (const n of range(1, 299)) await client.expectAnswer('ack', { type: 'publish', room, data: n });
      let page = await client.expectAnswer('ack', { type: 'history', room, limit: 1000 });
      expect([page.more, page.away]).toEqual([true, undefined]);
      const [oldest = 0] = seqsOf(page);
      expect(oldest).toBeGreaterThan(1);
      page = await client.expectAnswer('ack', { type: 'history', room, before: oldest, limit: 10 });
      expect([page.messages, page.more, page.away, page.seq]).toEqual([[], undefined, true, 300]);
      const since = { epoch, seq: 1 };
      const joined = await client.expectAnswer('joined', { type: 'join', room, since, history: 0 });
      expect(joined).toMatchObject({ recovered: false, away: true, seq: 300 });
      await client.expectAnswer('ack', { type: 'publish', room, data: 'on' });
      await client.next({ type: 'message', room, seq: 301 });
      const fresh = await client.expectAnswer('joined', { type: 'join', room, since: { epoch, seq: 300 } });
      expect([fresh.recovered, fresh.away]).toEqual([true, undefined]);
    });
  });
});
