import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startNode, type TestCluster, type TestNode } from '../../tests/contract/cluster.ts';
import { useTwoNodes } from '../../tests/contract/use-two-nodes.ts';
import { LeadingPublisher } from '../../tests/support/leading-publisher.ts';
import { range } from '../../tests/support/requests.ts';
import type { FeedBus, FeedDelta, FeedHandler, FeedPulse, FeedSnapshot } from '../index.ts';

const MAX_STORED_DELTAS = 4096;

const SNAPSHOT: FeedSnapshot = {
  symbol: 'BTC/USDT',
  epoch: 'abcdefgh',
  seq: 100,
  priceScale: 2,
  sizeScale: 8,
  bids: [
    [6_173_762, 2 ** 53 - 1],
    [6_173_761, 1],
  ],
  asks: [[6_173_763, 5_000_000_000]],
  venueSeq: 5_024_563_842_113,
  venueAt: 1_723_075_200_123,
  at: 1_723_075_200_456,
};

function delta(seq: number, overrides: Partial<FeedDelta> = {}): FeedDelta {
  const { symbol, epoch, venueSeq, venueAt, at } = SNAPSHOT;
  return { symbol, epoch, venueSeq, venueAt, at, bids: [[6_173_762, 0]], asks: [], seq, prev: seq - 1, ...overrides };
}

function pulse(seq: number): FeedPulse {
  return { symbol: SNAPSHOT.symbol, epoch: SNAPSHOT.epoch, seq };
}

class FeedRecorder implements FeedHandler {
  readonly frames: (FeedSnapshot | FeedDelta | FeedPulse)[] = [];

  handleSnapshot(snapshot: FeedSnapshot): void {
    this.frames.push(snapshot);
  }

  handleDelta(frame: FeedDelta): void {
    this.frames.push(frame);
  }

  handlePulse(frame: FeedPulse): void {
    this.frames.push(frame);
  }

  async untilFrames(count: number): Promise<readonly (FeedSnapshot | FeedDelta | FeedPulse)[]> {
    await vi.waitFor(
      () => {
        expect(this.frames.length).toBeGreaterThanOrEqual(count);
      },
      { timeout: 10_000, interval: 5 },
    );
    return this.frames;
  }
}

/** What every `FeedBus` promises, seen from a publisher's node and a gateway's. */
export function describeFeedBus(name: string, createCluster: () => Promise<TestCluster>): void {
  describe(`FeedBus over ${name}`, () => {
    let cluster: TestCluster;
    let nodes: readonly [TestNode, TestNode];
    let publisher: LeadingPublisher;
    let gateway: FeedBus;

    useTwoNodes(createCluster, (started) => {
      ({ cluster, nodes } = started);
      const [first, second] = nodes;
      [publisher, gateway] = [new LeadingPublisher(first.backplane), second.backplane.feedBus];
    });

    it('makes instruments known to every node, once', async () => {
      const [btc, eth] = ['BTC/USDT', 'ETHUSDT'].map((symbol, i) => ({ symbol, priceScale: i, sizeScale: 8 }));
      if (btc === undefined || eth === undefined) throw new Error('unreachable');
      expect(await gateway.listInstruments()).toEqual([]);
      await publisher.bus.announce([btc, eth]);
      await publisher.bus.announce([btc]);
      const known = [...(await gateway.listInstruments())].sort((x, y) => x.symbol.localeCompare(y.symbol));
      expect(known).toEqual([btc, eth]);
    });

    it('tells where the books come from, as they are announced now', async () => {
      const book = { symbol: 'BTC/USDT', priceScale: 2, sizeScale: 8 };
      for (const sourceKind of ['simulated', 'live'] as const) {
        await publisher.bus.announce([{ ...book, sourceKind }]);
        expect(await gateway.listInstruments()).toEqual([{ ...book, sourceKind }]);
      }
      await publisher.bus.announce([book]);
      expect(await gateway.listInstruments()).toEqual([book]);
    });

    it('leaves alone what is known of an instrument where only the unknown are announced', async () => {
      const [known, wider, unknown] = [2, 4, 0].map((priceScale, i) => ({
        symbol: i < 2 ? 'BTC/USDT' : 'ETHUSDT',
        priceScale,
        sizeScale: 8,
      }));
      if (known === undefined || wider === undefined || unknown === undefined) throw new Error('unreachable');
      await publisher.bus.announceUnknown([known]);
      await publisher.bus.announceUnknown([wider, unknown]);
      const byName = async () => new Map((await gateway.listInstruments()).map((one) => [one.symbol, one]));
      expect(await byName()).toEqual(new Map([known, unknown].map((one) => [one.symbol, one])));
      await publisher.bus.announce([wider]);
      expect((await byName()).get('BTC/USDT')).toEqual(wider);
    });

    it('delivers snapshots and deltas in order, as they were published', async () => {
      const seen = new FeedRecorder();
      await gateway.watch(SNAPSHOT.symbol, seen);
      const published = [
        SNAPSHOT,
        delta(101),
        delta(102, { asks: [[6_173_764, 7]] }),
        { ...SNAPSHOT, seq: 102 },
        delta(103),
      ];
      for (const frame of published) {
        await ('prev' in frame ? publisher.publishDelta(frame) : publisher.publishSnapshot(frame));
      }
      expect(await seen.untilFrames(published.length)).toEqual(published);
    });

    it.each(['kPEPE', 'BTC_USDC-PERPETUAL', '币安人生USDT', 'a/b:c', '@1#2&3+4'])(
      'carries a book whatever the venue calls it: %s',
      async (symbol) => {
        const seen = new FeedRecorder();
        await gateway.watch(symbol, seen);
        await publisher.bus.announce([{ symbol, priceScale: 2, sizeScale: 8 }]);
        await publisher.publishSnapshot({ ...SNAPSHOT, symbol });
        await publisher.publishDelta(delta(101, { symbol }));
        await publisher.publishPulse({ ...pulse(101), symbol });
        expect((await seen.untilFrames(3)).map((frame) => [frame.symbol, frame.seq])).toEqual([
          [symbol, 100],
          [symbol, 101],
          [symbol, 101],
        ]);
        expect((await gateway.readBook(symbol))?.deltas).toEqual([delta(101, { symbol })]);
        expect((await gateway.listInstruments()).map((instrument) => instrument.symbol)).toEqual([symbol]);
      },
    );

    it('sends pulses in order with the frames, and stores nothing of them', async () => {
      const seen = new FeedRecorder();
      await gateway.watch(SNAPSHOT.symbol, seen);
      await publisher.publishSnapshot(SNAPSHOT);
      await publisher.publishPulse(pulse(100));
      await publisher.publishDelta(delta(101));
      await publisher.publishPulse(pulse(101));
      expect(await seen.untilFrames(4)).toEqual([SNAPSHOT, pulse(100), delta(101), pulse(101)]);
      expect(await gateway.readBook(SNAPSHOT.symbol)).toEqual({ snapshot: SNAPSHOT, deltas: [delta(101)] });
    });

    it('stores the latest snapshot with the deltas behind it', async () => {
      expect(await gateway.readBook(SNAPSHOT.symbol)).toBeUndefined();
      await publisher.publishSnapshot(SNAPSHOT);
      const deltas = range(101, 105).map((seq) => delta(seq));
      for (const each of deltas) await publisher.publishDelta(each);
      expect(await gateway.readBook(SNAPSHOT.symbol)).toEqual({ snapshot: SNAPSHOT, deltas });
      const next = { ...SNAPSHOT, seq: 105 };
      await publisher.publishSnapshot(next);
      expect(await gateway.readBook(SNAPSHOT.symbol)).toEqual({ snapshot: next, deltas: [] });
    });

    it('reads a whole book at any moment, and misses no delta behind it', async () => {
      await publisher.publishSnapshot(SNAPSHOT);
      const seen = new FeedRecorder();
      const publishing = (async () => {
        for (const seq of range(101, 400)) {
          await publisher.publishDelta(delta(seq));
          if (seq % 7 === 0) await publisher.publishSnapshot({ ...SNAPSHOT, seq });
        }
      })();
      await gateway.watch(SNAPSHOT.symbol, seen);
      const heads = new Set<number>();
      const progress = { isDone: false };
      void publishing.finally(() => {
        progress.isDone = true;
      });
      while (!progress.isDone) {
        const book = await gateway.readBook(SNAPSHOT.symbol);
        if (book === undefined) throw new Error('no book');
        const seqs = [book.snapshot.seq, ...book.deltas.map(({ seq }) => seq)];
        expect(seqs).toEqual(range(book.snapshot.seq, book.snapshot.seq + book.deltas.length));
        heads.add(seqs.at(-1) ?? 0);
      }
      await publishing;
      await seen.untilFrames(1);
      await vi.waitFor(() => {
        expect(seen.frames.findLast((frame) => 'prev' in frame)?.seq).toBe(400);
      });
      const deltas = seen.frames.filter((frame) => 'prev' in frame).map(({ seq }) => seq);
      const [firstHead = 0] = heads;
      expect(deltas).toEqual(range(deltas[0] ?? 0, 400));
      expect(deltas[0]).toBeLessThanOrEqual(firstHead + 1);
    });

    it('refuses a delta that has no snapshot to follow', async () => {
      await expect(publisher.publishDelta(delta(101))).rejects.toMatchObject({
        name: 'OutcryError',
        code: 'badFeed',
        message: expect.stringContaining('no snapshot') as string,
      });
      expect(await gateway.readBook(SNAPSHOT.symbol)).toBeUndefined();
    });

    it('refuses more deltas than it keeps, until a snapshot comes', async () => {
      await publisher.publishSnapshot(SNAPSHOT);
      // Not all at once: each has to be answered within the time limit of a command.
      for (let first = 101; first <= 100 + MAX_STORED_DELTAS; first += 256) {
        await Promise.all(range(first, first + 255).map((seq) => publisher.publishDelta(delta(seq))));
      }
      const next = 101 + MAX_STORED_DELTAS;
      await expect(publisher.publishDelta(delta(next))).rejects.toMatchObject({
        code: 'badFeed',
        message: expect.stringContaining('4096 deltas') as string,
      });
      await publisher.publishSnapshot({ ...SNAPSHOT, seq: next });
      await publisher.publishDelta(delta(next + 1));
      expect((await gateway.readBook(SNAPSHOT.symbol))?.deltas).toEqual([delta(next + 1)]);
    });

    it('delivers only what is watched, and nothing after unwatch', async () => {
      const seen = new FeedRecorder();
      await gateway.watch('ETHUSDT', seen);
      await publisher.publishSnapshot(SNAPSHOT);
      await publisher.publishSnapshot({ ...SNAPSHOT, symbol: 'ETHUSDT' });
      expect(await seen.untilFrames(1)).toMatchObject([{ symbol: 'ETHUSDT' }]);
      await gateway.unwatch('ETHUSDT');
      await publisher.publishSnapshot({ ...SNAPSHOT, symbol: 'ETHUSDT' });
      const marker = new FeedRecorder();
      await gateway.watch('MARKER', marker);
      await publisher.publishSnapshot({ ...SNAPSHOT, symbol: 'MARKER' });
      await marker.untilFrames(1);
      expect(seen.frames).toHaveLength(1);
    });

    describe('fencing', () => {
      let old: number;
      let heir: TestNode;
      let next: LeadingPublisher;

      /** The lease goes from one publisher to the other, who does not know yet. */
      beforeEach(async () => {
        await publisher.publishSnapshot(SNAPSHOT);
        old = await publisher.fenceOf(SNAPSHOT.symbol);
        await publisher.release(SNAPSHOT.symbol);
        heir = await startNode(cluster, 'first');
        next = new LeadingPublisher(heir.backplane);
      });
      afterEach(async () => {
        await heir.backplane.close();
      });

      async function expectRefused(fence: number): Promise<void> {
        const book = await gateway.readBook(SNAPSHOT.symbol);
        const calls = [
          publisher.bus.publishDelta(delta(101), fence),
          publisher.bus.publishSnapshot({ ...SNAPSHOT, seq: 500 }, fence),
          publisher.bus.publishPulse(pulse(500), fence),
        ];
        for (const result of await Promise.allSettled(calls)) {
          expect(result).toMatchObject({ status: 'rejected', reason: { name: 'OutcryError', code: 'fenced' } });
        }
        expect(await gateway.readBook(SNAPSHOT.symbol)).toEqual(book);
      }

      it('lets the last one publish though its lease is over, as long as nobody else has been granted it', async () => {
        await publisher.bus.publishDelta(delta(101), old);
        expect((await gateway.readBook(SNAPSHOT.symbol))?.deltas).toEqual([delta(101)]);
      });

      it('refuses the old one from the moment that another is granted the lease: nothing is stored, nothing is sent', async () => {
        const seen = new FeedRecorder();
        await gateway.watch(SNAPSHOT.symbol, seen);
        await next.fenceOf(SNAPSHOT.symbol);
        await expectRefused(old);
        const snapshot = { ...SNAPSHOT, epoch: 'ijklmnop', seq: 1 };
        await next.publishSnapshot(snapshot);
        await expectRefused(old);
        await next.publishDelta({ ...delta(2), epoch: 'ijklmnop' });
        expect(await seen.untilFrames(2)).toEqual([snapshot, { ...delta(2), epoch: 'ijklmnop' }]);
      });

      it('refuses everybody when nothing is known of any grant, until there is a new one', async () => {
        const current = await next.fenceOf(SNAPSHOT.symbol);
        await cluster.wipe();
        await expectRefused(old);
        await expectRefused(current);
        expect(await gateway.readBook(SNAPSHOT.symbol)).toBeUndefined();
        const latest = new LeadingPublisher(next.backplane);
        await latest.publishSnapshot(SNAPSHOT);
        await expectRefused(current);
      });

      it('refuses all who are behind a fence once it was used, even one of whose grant nothing is known', async () => {
        const current = await next.fenceOf(SNAPSHOT.symbol);
        // Further than the time by which fences go up: as after a clock that was put back.
        const used = current + 1_000_000_000;
        await next.bus.publishSnapshot(SNAPSHOT, used);
        await expectRefused(current);
        await next.release(SNAPSHOT.symbol);
        expect(await publisher.fenceOf(SNAPSHOT.symbol)).toBeGreaterThan(used);
      });

      it('keeps symbols apart', async () => {
        await next.fenceOf('ETHUSDT');
        await publisher.bus.publishDelta(delta(101), old);
      });
    });

    it('rejects calls with closed once closed', async () => {
      await nodes[0].backplane.close();
      const { bus } = publisher;
      const calls = [
        bus.announce([{ symbol: 'X', priceScale: 0, sizeScale: 0 }]),
        bus.announceUnknown([{ symbol: 'X', priceScale: 0, sizeScale: 0 }]),
        bus.listInstruments(),
        bus.publishSnapshot(SNAPSHOT, 1),
        bus.publishDelta(delta(1), 1),
        bus.publishPulse(pulse(1), 1),
        bus.watch('X', new FeedRecorder()),
        bus.unwatch('X'),
        bus.readBook('X'),
      ];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'OutcryError', code: 'closed' } });
      }
    });
  });
}
