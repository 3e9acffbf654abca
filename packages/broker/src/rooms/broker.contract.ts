import { appendSeq } from '@outcry/protocol';
import { describe, expect, it, vi } from 'vitest';
import type { TestCluster, TestNode } from '../../tests/contract/cluster.ts';
import { useTwoNodes } from '../../tests/contract/use-two-nodes.ts';
import { ODD_NAMES } from '../../tests/support/odd-names.ts';
import type { Recorder } from '../../tests/support/recorder.ts';
import { range, request, RETENTION } from '../../tests/support/requests.ts';
import type { Broker, HistoryRange, Published, Retention, RoomHistory, RoomSignal } from '../index.ts';
import { HISTORY_BYTES } from './defaults.ts';

const ALL = { after: 0, limit: 10_000 };

/** What every `Broker` promises, seen from two nodes. */
export function describeBroker(name: string, createCluster: () => Promise<TestCluster>): void {
  describe(`Broker over ${name}`, () => {
    let cluster: TestCluster;
    let nodes: readonly [TestNode, TestNode];
    let a: Broker;
    let b: Broker;
    let seenByA: Recorder;
    let seenByB: Recorder;

    useTwoNodes(createCluster, (started) => {
      ({ cluster, nodes } = started);
      const [first, second] = nodes;
      [a, b] = [first.backplane.broker, second.backplane.broker];
      [seenByA, seenByB] = [first.recorder, second.recorder];
    });

    /** What is sent on one path arrives behind what was sent before, so seeing this means that nothing else comes. */
    async function drain(broker: Broker, recorder: Recorder): Promise<void> {
      const room = 'drain';
      await broker.join(room);
      const known = recorder.seqs(room).length;
      await broker.publish(request(room, 'drain'));
      await recorder.until(() => recorder.seqs(room).length > known);
      await broker.leave(room);
    }

    it('is up once started', () => {
      expect(new Set([...seenByA.shards.values()].map(String))).toEqual(new Set(['up']));
    });

    it('keeps at most so many bytes of a room, and at least half of that, the newest', async () => {
      const bytes = 20_000;
      const retention = { count: 10_000, ms: 60_000, bytes };
      for (const _ of range(1, 100)) await a.publish(request('pit', 'x'.repeat(1000), { retention }));
      const { head, messages } = await b.readHistory('pit', ALL, retention);
      const stored = messages.reduce((sum, { frame }) => sum + frame.length, 0);
      expect(stored).toBeGreaterThan(bytes / 2 - 1100);
      expect(stored).toBeLessThanOrEqual(bytes + 1100);
      expect(messages.map(({ position }) => position.seq)).toEqual(range(101 - messages.length, 100));
      expect(head.seq).toBe(100);
      // The newest stays, even where it is larger than all of it may be.
      await a.publish(request('pit', 'y'.repeat(2 * bytes), { retention }));
      expect((await b.readHistory('pit', { limit: 1 }, retention)).messages).toHaveLength(1);
    });

    it('refuses the first message of a room where it may not be that, and no other', async () => {
      await a.join('new');
      for (const room of ['new', 'unknown']) {
        const refused = b.publish(request(room, 'x', { mayBegin: false }));
        await expect(refused).rejects.toMatchObject({ name: 'OutcryError', code: 'notBegun' });
      }
      const [refused, ...taken] = await Promise.allSettled([
        b.publish(request('new', 'x', { mayBegin: false })),
        b.publish(request('new', 'x')),
        b.publish(request('new', 'y', { mayBegin: false })),
      ]);
      expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'notBegun' } });
      expect(taken).toMatchObject([{ value: { position: { seq: 1 } } }, { value: { position: { seq: 2 } } }]);
      await seenByA.untilMessages(2);
    });

    describe('publishing', () => {
      it('shows every node one order, whoever publishes', async () => {
        await Promise.all([a.join('pit'), b.join('pit')]);
        const publishers = range(0, 3).map(async (publisher) => {
          const broker = publisher % 2 === 0 ? a : b;
          for (const i of range(1, 500)) await broker.publish(request('pit', `${String(publisher)}:${String(i)}`));
        });
        await Promise.all(publishers);
        await Promise.all([seenByA.untilMessages(2000), seenByB.untilMessages(2000)]);

        expect(seenByA.seqs('pit')).toEqual(range(1, 2000));
        const frames = (recorder: Recorder): string[] =>
          recorder.messages.map(({ frame }) => Buffer.from(frame).toString('latin1'));
        expect(frames(seenByB)).toEqual(frames(seenByA));
        expect(seenByA.resets.concat(seenByB.resets)).toEqual([]);
      });

      it('keeps the order in which one node publishes without waiting', async () => {
        await b.join('pit');
        const published = await Promise.all(range(1, 100).map((i) => a.publish(request('pit', String(i)))));
        expect(published.map(({ position }) => position.seq)).toEqual(range(1, 100));
        await seenByB.untilMessages(100);
        const expected = range(1, 100).map((i) => appendSeq(request('pit', String(i)).head, i));
        expect(seenByB.messages.map(({ frame }) => Buffer.from(frame))).toEqual(
          expected.map((frame) => Buffer.from(frame)),
        );
      });

      it('hands on what is known of the sender beside the frame, live and of the past, and counts its bytes', async () => {
        await b.join('pit');
        const info = new Uint8Array(1000).fill(0xc1);
        await a.publish(request('pit', 'known', { info }));
        await a.publish(request('pit', 'unknown'));
        const live = await seenByB.untilMessages(2);
        const past = (await b.readHistory('pit', ALL, RETENTION)).messages;
        for (const messages of [live, past]) {
          expect(messages.map((message) => message.info && Buffer.from(message.info))).toEqual([
            Buffer.from(info),
            undefined,
          ]);
          expect(messages.map(({ frame }) => Buffer.from(frame))).toEqual([
            Buffer.from(appendSeq(request('pit', 'known').head, 1)),
            Buffer.from(appendSeq(request('pit', 'unknown').head, 2)),
          ]);
        }
        const page = await b.readHistory('pit', { after: 0, limit: 10, maxBytes: 1000 }, RETENTION);
        expect(page).toMatchObject({ hasMore: true, messages: [{ position: { seq: 1 } }] });
      });

      it('hands on the bytes of the head with seq behind them, the origin and the time', async () => {
        await b.join('pit');
        const { head } = request('pit', 'every byte: \0\r\n\u{10ffff}');
        const before = Date.now();
        const { position } = await a.publish(request('pit', '', { head, origin: 'connection-7' }));
        const [message] = await seenByB.untilMessages(1);

        expect(Buffer.from(message?.frame ?? [])).toEqual(Buffer.from(appendSeq(head, 1)));
        expect(message).toMatchObject({ room: 'pit', position, origin: 'connection-7' });
        expect(Math.abs((message?.at ?? 0) - before)).toBeLessThan(60_000);
      });

      it('hands on what a message is traced by, live and of the past, and nothing of one that is not', async () => {
        await b.join('pit');
        const trace = { traceId: 'ab'.repeat(16), parentId: '01'.repeat(8), spanId: 'ff'.repeat(8) };
        await a.publish(request('pit', 'traced', { origin: 'connection-7', trace }));
        await a.publish(request('pit', 'untraced', { origin: 'connection-7' }));
        const live = await seenByB.untilMessages(2);
        const past = (await b.readHistory('pit', ALL, RETENTION)).messages;
        for (const [traced, untraced] of [live, past]) {
          expect(traced).toMatchObject({ origin: 'connection-7', trace });
          expect(Buffer.from(traced?.frame ?? [])).toEqual(Buffer.from(appendSeq(request('pit', 'traced').head, 1)));
          expect(untraced).toMatchObject({ origin: 'connection-7' });
          expect(untraced).not.toHaveProperty('trace');
        }
      });

      it('does not keep the memory of the head', async () => {
        await b.join('pit');
        const { head } = request('pit', 'original');
        const original = Buffer.from(head);
        const publishing = a.publish(request('pit', '', { head }));
        head.fill(0);
        await publishing;
        const [message] = await seenByB.untilMessages(1);
        expect(Buffer.from(message?.frame ?? [])).toEqual(Buffer.from(appendSeq(original, 1)));
      });

      it('reaches the room of the very name, and no other, whatever the name', async () => {
        await Promise.all(ODD_NAMES.map((room) => b.join(room)));
        for (const room of ODD_NAMES) await a.publish(request(room, room));
        await seenByB.untilMessages(ODD_NAMES.length);
        await drain(b, seenByB);
        for (const room of ODD_NAMES) {
          expect(seenByB.seqs(room), room).toEqual([1]);
          const { messages } = await a.readHistory(room, ALL, RETENTION);
          expect(messages.map(({ frame }) => Buffer.from(frame))).toEqual([
            Buffer.from(appendSeq(request(room, room).head, 1)),
          ]);
        }
      });

      it('numbers each room by itself', async () => {
        await a.publish(request('one', 'x'));
        await a.publish(request('one', 'y'));
        const { position } = await a.publish(request('two', 'z'));
        expect(position.seq).toBe(1);
      });

      it('numbers what one turn of the loop publishes in the order of the calls, in each room, whoever publishes', async () => {
        await Promise.all([b.join('pit'), b.join('hall')]);
        const origins = range(1, 300).map((i) => `connection-${String(i)}`);
        const rooms = origins.map((_, i) => (i % 3 === 0 ? 'hall' : 'pit'));
        const published = await Promise.all(
          origins.map((origin, i) => a.publish(request(rooms[i] ?? '', String(i), { origin }))),
        );
        await seenByB.untilMessages(origins.length);
        for (const room of ['pit', 'hall']) {
          const own = origins.filter((_, i) => rooms[i] === room);
          const delivered = seenByB.messages.filter((message) => message.room === room);
          expect(delivered.map(({ origin }) => origin)).toEqual(own);
          expect(delivered.map(({ position }) => position)).toEqual(
            published.filter((_, i) => rooms[i] === room).map(({ position }) => position),
          );
          expect(seenByB.seqs(room)).toEqual(range(1, own.length));
        }
      });

      it('carries out what else one turn asks for where it was asked for', async () => {
        const answers = [
          a.publish(request('pit', 'x')),
          a.publish(request('pit', 'y')),
          a.readHistory('pit', ALL, RETENTION).then(({ head }) => head.seq),
          a.publish(request('pit', 'z')),
          a.removeHistory('pit').then(({ seq }) => seq),
          a.publish(request('pit', 'kept')),
          a.readHistory('pit', ALL, RETENTION).then(({ messages }) => messages.map(({ position }) => position.seq)),
        ];
        expect(await Promise.all(answers)).toMatchObject([
          { position: { seq: 1 } },
          { position: { seq: 2 } },
          2,
          { position: { seq: 3 } },
          3,
          { position: { seq: 4 } },
          [4],
        ]);
      });

      it('delivers after the call that published, never within it', async () => {
        await a.join('pit');
        const publishing = a.publish(request('pit', 'x'));
        expect(seenByA.messages).toEqual([]);
        await publishing;
        await seenByA.untilMessages(1);
      });
    });

    describe('idempotency', () => {
      const once = (sender: string, key: string, room = 'pit'): Promise<Published> =>
        a.publish(request(room, 'x', { idempotency: { sender, key } }));

      it('publishes a key of a sender once and gives back the first position', async () => {
        await b.join('pit');
        const first = await once('ann', 'k');
        const second = await b.publish(request('pit', 'again', { idempotency: { sender: 'ann', key: 'k' } }));
        expect(first).toMatchObject({ isDuplicate: false, position: { seq: 1 } });
        expect(second).toEqual({ isDuplicate: true, position: first.position });
        await drain(b, seenByB);
        expect(seenByB.seqs('pit')).toEqual([1]);
      });

      it('holds when a key is published twice at the same time', async () => {
        const both = await Promise.all([once('ann', 'k'), once('ann', 'k')]);
        expect(both.map(({ isDuplicate }) => isDuplicate)).toEqual([false, true]);
      });

      it('finds in one turn which keys came before, also in that turn, and gives back for each call what became of it', async () => {
        await b.join('pit');
        await once('ann', 'k');
        const calls = [once('ann', 'l'), once('ann', 'k'), a.publish(request('pit', 'no key')), once('bob', 'k')];
        calls.push(once('bob', 'k'), once('ann', 'k'), once('ann', 'm'), once('ann', 'l'), once('ann', 'n'));
        const outcomes = (await Promise.all(calls)).map(({ position, isDuplicate }) => [position.seq, isDuplicate]);
        expect(outcomes).toEqual([
          ...[2, 1, 3, 4].map((seq, i) => [seq, i === 1]),
          ...[4, 1, 5, 2, 6].map((seq) => [seq, seq < 5]),
        ]);
        await drain(b, seenByB);
        expect(seenByB.seqs('pit')).toEqual(range(1, 6));
      });

      it('tells senders, rooms and keys apart', async () => {
        const results = [
          await once('ann', 'k'),
          await once('bob', 'k'),
          await once('ann', 'l'),
          await once('ann', 'k', 'hall'),
        ];
        expect(results.map(({ isDuplicate }) => isDuplicate)).toEqual([false, false, false, false]);
      });

      it('tells them apart whatever separates in their names', async () => {
        const makers = [
          ['a', 'b', 'c/d'],
          ['a', 'b/c', 'd'],
          ['a/b', 'c', 'd'],
          ['a%2Fb', 'c', 'd'],
          ['a"', '","b', 'd'],
          ['a', '"","b', 'd'],
        ] as const;
        for (const [room, sender, key] of makers)
          expect(await once(sender, key, room)).toMatchObject({ isDuplicate: false });
        for (const [room, sender, key] of makers)
          expect(await once(sender, key, room)).toMatchObject({ isDuplicate: true });
      });
    });

    describe('joining', () => {
      it('begins exactly behind the position it resolves with, while others publish', async () => {
        const publisher = { isPublishing: true };
        const publishing = (async () => {
          let seq = 0;
          while (publisher.isPublishing)
            ({
              position: { seq },
            } = await a.publish(request('pit', 'x')));
          return seq;
        })();
        const stays: { from: number; seen: number[] }[] = [];
        for (const stay of range(1, 20)) {
          const known = seenByB.messages.length;
          const { seq } = await b.join('pit');
          expect(seenByB.messages.length, 'delivered before the join resolved').toBe(known);
          if (stay < 20) await seenByB.untilMessages(known + 5);
          else publisher.isPublishing = false;
          const last = stay < 20 ? 0 : await publishing;
          if (stay === 20) await seenByB.until(() => seq === last || seenByB.seqs('pit').at(-1) === last);
          await b.leave('pit');
          stays.push({ from: seq, seen: seenByB.seqs('pit').slice(known) });
        }
        for (const { from, seen } of stays) expect(seen).toEqual(range(from + 1, from + seen.length));
        expect(seenByB.resets).toEqual([]);
      });

      it('resolves with the same position on every node', async () => {
        const { position } = await a.publish(request('pit', 'x'));
        expect(await a.join('pit')).toEqual(position);
        expect(await b.join('pit')).toEqual(position);
      });

      it('resolves with the same position for all who join at the same time', async () => {
        const { position } = await a.publish(request('pit', 'x'));
        expect(await Promise.all([b.join('pit'), b.join('pit')])).toEqual([position, position]);
      });

      it('delivers once per node, however often the room is joined', async () => {
        await Promise.all([a.join('pit'), a.join('pit'), a.join('pit')]);
        await a.publish(request('pit', 'x'));
        await drain(a, seenByA);
        expect(seenByA.seqs('pit')).toEqual([1]);
      });

      it('ends in the state that was asked for last', async () => {
        await Promise.all([a.join('pit'), a.leave('pit'), a.join('pit')]);
        await Promise.all([a.join('hall'), a.leave('hall')]);
        await a.publish(request('hall', 'x'));
        await a.publish(request('pit', 'x'));
        await seenByA.untilMessages(1);
        await drain(a, seenByA);
        expect(seenByA.seqs('pit')).toEqual([1]);
        expect(seenByA.seqs('hall')).toEqual([]);
      });

      it('delivers nothing after a leave, and goes on after a new join', async () => {
        await b.join('pit');
        await a.publish(request('pit', '1'));
        await seenByB.untilMessages(1);
        await b.leave('pit');
        await a.publish(request('pit', '2'));
        await drain(b, seenByB);
        expect(await b.join('pit')).toMatchObject({ seq: 2 });
        await a.publish(request('pit', '3'));
        await seenByB.until(() => seenByB.seqs('pit').length === 2);
        expect(seenByB.seqs('pit')).toEqual([1, 3]);
      });

      it('leaves a room that was never joined', async () => {
        await expect(a.leave('nowhere')).resolves.toBeUndefined();
      });
    });

    describe('the list of rooms', () => {
      it('has those that any node has joined, each once', async () => {
        await Promise.all([a.join('pit'), b.join('pit'), b.join('@ann'), a.join('hall')]);
        await a.publish(request('nobody-here', 'x'));
        await a.leave('hall');
        expect([...(await a.listRooms())].sort()).toEqual(['@ann', 'pit']);
        await nodes[1].backplane.close();
        await vi.waitFor(async () => {
          expect(await a.listRooms()).toEqual(['pit']);
        });
      });
    });

    describe('the weight of rooms', () => {
      it('is as many messages as are stored, and about as many bytes, in the order of the rooms', async () => {
        const text = 'x'.repeat(1000);
        for (const _ of range(1, 40)) await a.publish(request('heavy', text));
        await a.publish(request('light', 'y'));
        const [heavy, none, light] = await b.weigh(['heavy', 'never', 'light']);
        expect(none).toEqual({ messages: 0, bytes: 0 });
        expect(heavy?.messages).toBe(40);
        expect(heavy?.bytes).toBeGreaterThan(40 * text.length);
        expect(heavy?.bytes).toBeLessThan(50 * text.length);
        expect(light?.messages).toBe(1);
        expect(light?.bytes).toBeLessThan(200);
        await a.removeHistory('heavy');
        expect(await b.weigh(['heavy'])).toEqual([{ messages: 0, bytes: 0 }]);
        expect(await b.weigh([])).toEqual([]);
      });
    });

    describe('signals', () => {
      const signal: RoomSignal = { room: 'pit', frame: Buffer.from([0x94, 37, 0, 0xff]), origin: 'connection-7' };

      it('reach every node that has joined, byte for byte', async () => {
        await Promise.all([a.join('pit'), b.join('pit')]);
        await a.signal(signal);
        await Promise.all([seenByA, seenByB].map((seen) => seen.until(() => seen.signals.length === 1)));
        const [received] = seenByB.signals;
        expect(received).toMatchObject({ room: 'pit', origin: 'connection-7' });
        expect(Buffer.from(received?.frame ?? [])).toEqual(signal.frame);
      });

      it('are neither numbered nor stored', async () => {
        await b.join('pit');
        await a.signal(signal);
        await seenByB.until(() => seenByB.signals.length === 1);
        expect(await a.readHistory('pit', ALL, RETENTION)).toMatchObject({ head: { seq: 0 }, messages: [] });
      });
    });

    describe('history', () => {
      const seqsOf = async (...args: Parameters<Broker['readHistory']>): Promise<number[]> =>
        (await b.readHistory(...args)).messages.map(({ position }) => position.seq);

      async function publish(count: number, retention = RETENTION): Promise<void> {
        await Promise.all(range(1, count).map((i) => a.publish(request('pit', String(i), { retention }))));
      }

      it('gives back the messages as they were delivered', async () => {
        await b.join('pit');
        await publish(3);
        const delivered = await seenByB.untilMessages(3);
        const { head, messages } = await b.readHistory('pit', ALL, RETENTION);
        expect(messages).toEqual(delivered);
        expect(head).toEqual(delivered.at(-1)?.position);
      });

      it('reads forwards from a position and backwards from another', async () => {
        await publish(10);
        expect(await seqsOf('pit', { after: 4, limit: 100 }, RETENTION)).toEqual(range(5, 10));
        expect(await seqsOf('pit', { after: 4, limit: 2 }, RETENTION)).toEqual([5, 6]);
        expect(await seqsOf('pit', { after: 10, limit: 2 }, RETENTION)).toEqual([]);
        expect(await seqsOf('pit', { after: 99, limit: 2 }, RETENTION)).toEqual([]);
        expect(await seqsOf('pit', { limit: 3 }, RETENTION)).toEqual([8, 9, 10]);
        expect(await seqsOf('pit', { before: 4, limit: 2 }, RETENTION)).toEqual([2, 3]);
        expect(await seqsOf('pit', { before: 3, limit: 100 }, RETENTION)).toEqual([1, 2]);
        expect(await seqsOf('pit', { before: 1, limit: 100 }, RETENTION)).toEqual([]);
        expect(await seqsOf('pit', { before: 99, limit: 1 }, RETENTION)).toEqual([10]);
        expect(await seqsOf('pit', { limit: 0 }, RETENTION)).toEqual([]);
      });

      it('reads so many of the newest from the oldest of them on', async () => {
        await publish(10);
        expect(await seqsOf('pit', { last: 3 }, RETENTION)).toEqual([8, 9, 10]);
        expect(await seqsOf('pit', { last: 100 }, RETENTION)).toEqual(range(1, 10));
        expect(await seqsOf('pit', { last: 100 }, { count: 4, ms: 60_000 })).toEqual(range(7, 10));
        expect(await seqsOf('pit', { last: 0 }, RETENTION)).toEqual([]);
      });

      describe('in pages', () => {
        /** Small messages and large ones in turns, as no estimate of their sizes foresees them. */
        const publishUnlike = (count: number): Promise<unknown> =>
          Promise.all(range(1, count).map((i) => a.publish(request('pit', 'x'.repeat(i % 40 < 8 ? 5000 : i % 7)))));
        const pageOf = async (given: HistoryRange): Promise<RoomHistory> => b.readHistory('pit', given, RETENTION);
        const seqs = ({ messages }: RoomHistory): number[] => messages.map(({ position }) => position.seq);
        const bytes = ({ messages }: RoomHistory): number => messages.reduce((sum, { frame }) => sum + frame.length, 0);

        it.each([1, 700, 5200, 20_000, 1_000_000])(
          'of %i bytes goes forwards to the end, each message once, and no page is larger or smaller than it may be',
          async (maxBytes) => {
            await publishUnlike(120);
            const seen: number[] = [];
            let page: RoomHistory;
            do {
              page = await pageOf({ after: seen.at(-1) ?? 0, limit: 1000, maxBytes });
              seen.push(...seqs(page));
              if (page.messages.length > 1) expect(bytes(page)).toBeLessThanOrEqual(maxBytes);
              if (!page.hasMore) break;
              const next = await pageOf({ after: seen.at(-1) ?? 0, limit: 1, maxBytes });
              expect(bytes(page) + bytes(next)).toBeGreaterThan(maxBytes);
            } while (seen.length < 1000);
            expect(seen).toEqual(range(1, 120));
          },
        );

        it.each([1, 700, 5200, 20_000, 1_000_000])(
          'of %i bytes goes backwards to the beginning, each message once, and no page is larger than it may be',
          async (maxBytes) => {
            await publishUnlike(120);
            let seen: number[] = [];
            let page: RoomHistory;
            do {
              page = await pageOf({ before: seen[0], limit: 1000, maxBytes });
              seen = [...seqs(page), ...seen];
              if (page.messages.length > 1) expect(bytes(page)).toBeLessThanOrEqual(maxBytes);
            } while (page.hasMore);
            expect(seen).toEqual(range(1, 120));
          },
        );

        it('begins at the oldest of those that are asked for', async () => {
          await publishUnlike(120);
          const page = await pageOf({ last: 100, maxBytes: 8000 });
          expect(seqs(page)[0]).toBe(21);
          expect(page.hasMore).toBe(true);
        });

        it('says whether there are more, by number too, and not of what is past retention', async () => {
          await publish(10);
          const kept = { count: 6, ms: 60_000 };
          const hasMore = async (given: HistoryRange): Promise<boolean> =>
            (await b.readHistory('pit', given, kept)).hasMore;
          expect(await hasMore({ limit: 5 })).toBe(true);
          expect(await hasMore({ limit: 6 })).toBe(false);
          expect(await hasMore({ before: 7, limit: 1 })).toBe(true);
          expect(await hasMore({ before: 6, limit: 1 })).toBe(false);
          expect(await hasMore({ after: 3, limit: 5 })).toBe(true);
          expect(await hasMore({ after: 4, limit: 6 })).toBe(false);
          expect(await hasMore({ after: 10, limit: 6 })).toBe(false);
          expect(await hasMore({ last: 6 })).toBe(false);
        });

        it('has a budget where none is given', async () => {
          await Promise.all(range(1, 30).map(() => a.publish(request('pit', 'x'.repeat(16_000)))));
          const page = await pageOf({ limit: 30 });
          expect(bytes(page)).toBeGreaterThan(HISTORY_BYTES - 17_000);
          expect(bytes(page)).toBeLessThanOrEqual(HISTORY_BYTES);
          expect(page.hasMore).toBe(true);
        });
      });

      it('never gives more than the retention counts', async () => {
        const retention = { count: 10, ms: 60_000 };
        await publish(300, retention);
        expect(await seqsOf('pit', ALL, retention)).toEqual(range(291, 300));
        expect(await seqsOf('pit', { limit: 1000 }, retention)).toEqual(range(291, 300));
        expect(await seqsOf('pit', { before: 293, limit: 1000 }, retention)).toEqual([291, 292]);
      });

      it('leaves out what is older than the retention, and keeps what is younger', async () => {
        const gapMs = 2000;
        await publish(5);
        const last = (await b.readHistory('pit', ALL, RETENTION)).messages.at(-1);
        await vi.waitUntil(() => Date.now() - (last?.at ?? 0) > gapMs);
        await publish(5);
        const sixth = (await b.readHistory('pit', { after: 5, limit: 1 }, RETENTION)).messages[0];
        // In the middle of what lies between them, so that a busy machine has half of it for the look.
        const betweenThem = (): Retention => ({ count: 1000, ms: Date.now() - (sixth?.at ?? 0) + gapMs / 2 });
        expect(await seqsOf('pit', ALL, betweenThem())).toEqual(range(6, 10));
        expect(await seqsOf('pit', { limit: 7 }, betweenThem())).toEqual(range(6, 10));
        expect(await seqsOf('pit', ALL, RETENTION)).toEqual(range(1, 10));
      });

      it('keeps the newest alone where the count is 1', async () => {
        const retention = { count: 1, ms: 60_000 };
        await publish(3, retention);
        expect(await seqsOf('pit', ALL, retention)).toEqual([3]);
      });

      it('keeps nothing where the count is 0, and goes on numbering', async () => {
        await publish(2, { count: 0, ms: 60_000 });
        expect(await seqsOf('pit', ALL, { count: 0, ms: 60_000 })).toEqual([]);
        expect(await seqsOf('pit', ALL, RETENTION)).toEqual([]);
        await publish(1);
        expect(await seqsOf('pit', ALL, RETENTION)).toEqual([3]);
      });

      it('has no hole where nothing was kept for a while', async () => {
        await publish(2);
        await publish(1, { count: 0, ms: 60_000 });
        await publish(2);
        expect(await seqsOf('pit', ALL, RETENTION)).toEqual([4, 5]);
      });

      it('can be removed: numbering, members and later messages go on', async () => {
        await b.join('pit');
        await publish(3);
        const head = await a.removeHistory('pit');
        expect(head.seq).toBe(3);
        expect(await seqsOf('pit', ALL, RETENTION)).toEqual([]);
        await publish(2);
        expect(await seqsOf('pit', ALL, RETENTION)).toEqual([4, 5]);
        await seenByB.untilMessages(5);
        expect(seenByB.seqs('pit')).toEqual(range(1, 5));
        expect(seenByB.resets).toEqual([]);
        expect(await a.removeHistory('unused')).toMatchObject({ seq: 0 });
      });

      it('of a room that nobody has used is empty and has an epoch', async () => {
        const { head, messages } = await a.readHistory('pit', ALL, RETENTION);
        expect(messages).toEqual([]);
        expect(head.seq).toBe(0);
        expect(await b.join('pit')).toEqual(head);
      });
    });

    describe('epochs', () => {
      it('are new whenever the numbering begins again, and members are told', async () => {
        const { epoch } = await b.join('pit');
        await a.publish(request('pit', 'x'));
        await a.publish(request('pit', 'y'));
        await seenByB.untilMessages(2);
        await cluster.wipe();
        const { position } = await a.publish(request('pit', 'z'));
        expect(position.seq).toBe(1);
        expect(position.epoch).not.toBe(epoch);
        await seenByB.untilMessages(3);
        expect(seenByB.calls).toEqual(['m 1', 'm 2', 'reset 0', 'm 1']);
        expect(seenByB.resets).toEqual([{ room: 'pit', position: { epoch: position.epoch, seq: 0 } }]);
        expect(seenByB.messages[2]?.position).toEqual(position);
      });
    });

    describe('closing', () => {
      it('rejects every later call with closed', async () => {
        await a.join('pit');
        await nodes[0].backplane.close();
        const calls = [
          a.join('pit'),
          a.leave('pit'),
          a.publish(request('pit', 'x')),
          a.signal({ room: 'pit', frame: Buffer.from([1]), origin: '' }),
          a.readHistory('pit', ALL, RETENTION),
          a.removeHistory('pit'),
          a.listRooms(),
          a.weigh(['pit']),
        ];
        for (const result of await Promise.allSettled(calls)) {
          expect(result).toMatchObject({ status: 'rejected', reason: { name: 'OutcryError', code: 'closed' } });
        }
      });

      it('may be of the broker alone', async () => {
        await a.close();
        await expect(a.publish(request('pit', 'x'))).rejects.toMatchObject({ code: 'closed' });
        await expect(a.join('pit')).rejects.toMatchObject({ code: 'closed' });
        await expect(nodes[0].backplane.feedBus.listInstruments()).resolves.toEqual([]);
      });

      it('calls nothing on the handler afterwards', async () => {
        await Promise.all([a.join('pit'), b.join('pit')]);
        const publishing = b.publish(request('pit', 'x'));
        await nodes[0].backplane.close();
        const known = seenByA.calls.length;
        await publishing;
        await b.publish(request('pit', 'y'));
        await seenByB.untilMessages(2);
        expect(seenByA.calls.length).toBe(known);
        expect(new Set([...seenByA.shards.values()].map(String))).toEqual(new Set(['up']));
      });
    });
  });
}
