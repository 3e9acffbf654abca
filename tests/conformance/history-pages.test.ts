import { type RawClient, type ServerFrameOf, UNLIMITED } from '@outcry/testkit';
import { describe, expect, test } from 'vitest';

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
