import { OrderBook } from '@outcry/order-book';
import { expect, it } from 'vitest';

import { BookClient, viewOf } from './support/book-client.ts';
import { eventually, last } from '../support/eventually.ts';
import { FeedCluster, lossesOf, metricOf, type PublisherNode, readinessOf } from './support/feed-cluster.ts';
import { FeedLedger } from './support/feed-ledger.ts';
import { Random } from '../support/random.ts';
import { scaled, SEED, TIMEOUT_MS } from './support/scale.ts';
import { addRow } from './support/table.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'];
const LEASE = scaled({ short: { leaseMs: 1000, leaseRenewMs: 300 }, long: { leaseMs: 3000, leaseRenewMs: 1000 } });
const FEED = { symbols: SYMBOLS.join(), rate: 200, deltaMs: 20, snapshotMs: 500, ...LEASE };
/** From the loss of a leader until the first frame of the next one. */
const TAKEOVER_LIMIT_MS = LEASE.leaseMs + 1000;
const FAULT_MS = 3 * LEASE.leaseMs;
const FREEZES = scaled({ short: 3, long: 50 });
const OTHERS = scaled({ short: 2, long: 10 });
/** A publisher that is new gets its share after two leases. */
const SPREAD_LIMIT_MS = 5 * LEASE.leaseMs;
const DEADLINE_MS = 10_000;

interface Loss {
  readonly leader: PublisherNode;
  readonly led: readonly string[];
  /** How often it had found that it led no more, before this. */
  readonly losses: number;
}

/** Both publishers, and who watches: everything that got through Redis, and clients of a gateway. */
class Watched implements AsyncDisposable {
  readonly cluster: FeedCluster;
  readonly ledgers = new Map<string, FeedLedger>();
  readonly clients: BookClient[] = [];
  readonly takeoverMs: number[] = [];
  #compared = 0;

  private constructor(cluster: FeedCluster) {
    this.cluster = cluster;
  }

  static async start(): Promise<Watched> {
    const cluster = await FeedCluster.start(FEED);
    const watched = new Watched(cluster);
    const random = new Random(SEED);
    for (const symbol of SYMBOLS) {
      const ledger = new FeedLedger();
      watched.ledgers.set(symbol, ledger);
      await cluster.backplane.feedBus.watch(symbol, ledger);
      watched.clients.push(new BookClient({ symbol, url: cluster.gateway.url, random }));
    }
    await watched.untilSpread();
    return watched;
  }

  ledger(symbol: string): FeedLedger {
    const ledger = this.ledgers.get(symbol);
    if (ledger === undefined) throw new Error(`${symbol} is not watched`);
    return ledger;
  }

  /** Resolves when each publisher leads its share, and has begun to. */
  async untilSpread(): Promise<void> {
    await this.cluster.untilSpread(SYMBOLS, SPREAD_LIMIT_MS + DEADLINE_MS);
    for (const symbol of SYMBOLS) {
      const { startedAt = 0 } = this.cluster.termOf(symbol) ?? {};
      await eventually(() => (this.ledger(symbol).epochs.at(-1)?.at ?? 0) >= startedAt, {
        deadlineMs: DEADLINE_MS,
        describe: () => `${symbol} is led and not published`,
      });
    }
    await this.compare();
  }

  /** Takes the leader of a symbol away for longer than it may be: what it led is led by the other one then. */
  async interrupt(
    takeAway: (leader: PublisherNode) => void,
    bringBack: (leader: PublisherNode) => void,
  ): Promise<void> {
    const startedAt = performance.now();
    const { leader, led, losses } = await this.lose(takeAway);
    await last(FAULT_MS - (performance.now() - startedAt));
    bringBack(leader);
    await eventually(() => lossesOf(leader) >= losses + led.length, {
      deadlineMs: DEADLINE_MS,
      describe: () => 'the old leader does not step down',
    });
    await this.compare();
    await this.untilSpread();
  }

  /** Takes the leader of a symbol away, and waits until all that it led is led again. */
  async lose(takeAway: (leader: PublisherNode) => void | Promise<void>): Promise<Loss> {
    const leader = this.cluster.leaderOf(SYMBOLS[0] ?? '');
    if (leader === undefined) throw new Error('nobody leads');
    const led = SYMBOLS.filter((symbol) => this.cluster.leaderOf(symbol) === leader);
    const losses = lossesOf(leader);
    const before = new Map(led.map((symbol) => [symbol, this.ledger(symbol).epochs.length]));
    const lostAt = Date.now();
    await takeAway(leader);
    for (const symbol of led) {
      const { epochs } = this.ledger(symbol);
      const count = before.get(symbol) ?? 0;
      await eventually(() => epochs.length > count, {
        deadlineMs: TAKEOVER_LIMIT_MS + DEADLINE_MS,
        describe: () => `nobody leads ${symbol}`,
      });
      this.takeoverMs.push((epochs[count]?.at ?? Infinity) - lostAt);
    }
    return { leader, led, losses };
  }

  /** Each client's book is the one that is stored, at the position at which it is stored. */
  async compare(): Promise<void> {
    for (const client of this.clients) {
      let differs = '';
      await eventually(
        async () => {
          const stored = await this.cluster.backplane.feedBus.readBook(client.symbol);
          if (stored === undefined) return false;
          const book = new OrderBook();
          book.applySnapshot(stored.snapshot.bids, stored.snapshot.asks);
          for (const { bids, asks } of stored.deltas) book.applyDelta(bids, asks);
          const { epoch, seq } = stored.deltas.at(-1) ?? stored.snapshot;
          await eventually(() => client.viewAt(epoch, seq) !== undefined || client.epoch !== epoch, {
            deadlineMs: DEADLINE_MS,
            describe: () => `the client of ${client.symbol} does not get to ${epoch} ${String(seq)}`,
          });
          const view = client.viewAt(epoch, seq);
          if (view !== undefined && view !== viewOf(book.bids(), book.asks())) differs = `${epoch} ${String(seq)}`;
          return view !== undefined;
        },
        { deadlineMs: DEADLINE_MS, describe: () => `the client of ${client.symbol} is behind` },
      );
      expect(differs, client.symbol).toBe('');
      this.#compared += 1;
    }
  }

  /** What holds of every run, and its row of the table. */
  async judge(fault: string): Promise<void> {
    await this.compare();
    const ledgers = [...this.ledgers.values()];
    const refused = await Promise.all(
      this.cluster.publishers.map((node) => metricOf(node, 'outcry_feed_publisher_fenced_frames_total')),
    );
    const slowest = Math.max(...this.takeoverMs);
    const verdict = {
      deliveries: sum(ledgers.map(({ frames }) => frames)),
      lost: sum(ledgers.map(({ broken }) => broken)),
      duplicated: 0,
      outOfOrder: sum(ledgers.map(({ interleaved }) => interleaved)),
    };
    addRow(fault, verdict, {
      repairMs: slowest,
      remarks:
        `${String(this.takeoverMs.length)} takeovers in ${String(Math.min(...this.takeoverMs))} to ${String(slowest)} ms ` +
        `(lease ${String(LEASE.leaseMs)} ms), ${String(sum(refused))} frames refused, ${String(this.#compared)} books compared`,
    });
    expect(verdict).toMatchObject({ lost: 0, outOfOrder: 0 });
    for (const { symbol, broken, interleaved, losses } of this.clients) {
      expect({ symbol, broken, interleaved, losses }).toEqual({ symbol, broken: 0, interleaved: 0, losses: 0 });
    }
    expect(slowest).toBeLessThanOrEqual(TAKEOVER_LIMIT_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client[Symbol.dispose]();
    await this.cluster[Symbol.asyncDispose]();
  }
}

it('gets nothing through from a frozen leader that wakes', { timeout: TIMEOUT_MS }, async () => {
  await using watched = await Watched.start();
  for (let cycle = 0; cycle < FREEZES; cycle++) {
    await watched.interrupt(
      ({ process }) => {
        process.freeze();
      },
      ({ process }) => {
        process.thaw();
      },
    );
  }
  expect(await Promise.all(watched.cluster.publishers.map(readinessOf))).toEqual(['ok', 'ok']);
  await watched.judge(`leader frozen ${String(FREEZES)} times`);
});

it('takes over from a leader that is cut off from Redis', { timeout: TIMEOUT_MS }, async () => {
  await using watched = await Watched.start();
  for (let cycle = 0; cycle < OTHERS; cycle++) {
    await watched.interrupt(
      ({ proxy }) => {
        proxy.freeze();
      },
      ({ proxy }) => {
        // What was held back arrives now.
        proxy.thaw();
      },
    );
  }
  await watched.judge('leader partitioned');
});

it('takes over from a leader that is killed', { timeout: TIMEOUT_MS }, async () => {
  await using watched = await Watched.start();
  for (let cycle = 0; cycle < OTHERS; cycle++) {
    await watched.lose((leader) => watched.cluster.kill(leader));
    await watched.compare();
    await watched.cluster.addPublisher();
    await watched.untilSpread();
  }
  await watched.judge('leader killed');
});

it('takes over at once from a leader that is stopped', { timeout: TIMEOUT_MS }, async () => {
  await using watched = await Watched.start();
  await watched.lose(async ({ process }) => {
    expect(await process.stop()).toEqual({ code: 0, signal: null });
  });
  await watched.compare();
  expect(Math.max(...watched.takeoverMs)).toBeLessThan(LEASE.leaseMs / 2);
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
