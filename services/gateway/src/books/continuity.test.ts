import {
  CLOSE_CODES,
  type CloseCode,
  createCodecs,
  Encoding,
  type ServerFrame,
  type WireFrame,
} from '@outcry/protocol';
import { createLogger } from '@outcry/service';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';

import { Backlog } from '../connections/backlog.ts';
import type { Connection } from '../connections/connection.ts';
import { Connections } from '../connections/connections.ts';
import { GatewayMetrics } from '../observability/metrics.ts';
import { Watches } from './watches.ts';
import { BufferedSocket } from '../testing/buffered-socket.ts';
import { FakeTransport } from '../testing/fake-transport.ts';
import { FaultyFeed } from '../testing/faulty-feed.ts';
import { ModelClient } from '../testing/model-client.ts';
import { PlainClock } from '../testing/plain-clock.ts';
import { SeededRandom } from '../testing/seeded-random.ts';
import { BookDirectory } from './book-directory.ts';

const SYMBOL = 'X';
const CASES = inject('continuityCases') ?? 10_000;
const STEPS = 25;
const CLIENTS = 2;
const DEPTHS = [0, 1, 10];
const INTERVALS = [0, 100, 250];
const LIMITS = { softBufferBytes: 1000, hardBufferBytes: 6000, laggingTimeoutMs: 2000 };
const clock = new PlainClock();
const codecs = createCodecs();
const logger = createLogger({ level: 'silent', fields: {} });

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the test is run for each of many faults that are planted, fewer find them. */
    continuityCases?: number;
  }
}

interface Faults {
  readonly hidesGaps: boolean;
  /** Sockets lose a frame now and then and say nothing of it. */
  readonly losesFrames: boolean;
}

const ONLY_TOLD: Faults = { hidesGaps: false, losesFrames: false };

/** A connection with all that the gateway has of it but the session: its buffer and its watches are the real ones. */
class TestConnection implements Connection {
  readonly encoding: Encoding;
  readonly client: ModelClient;
  readonly socket: BufferedSocket;
  readonly identity = undefined;
  readonly deadline = undefined;
  readonly backlog: Backlog;
  readonly streams: Watches;
  lastHeardAt = Infinity;
  lastPingAt = 0;
  /** The classes that it watches, each as depth and interval. */
  readonly classes = new Map<string, readonly [depth: number, interval: number]>();

  constructor(
    encoding: Encoding,
    parts: { transport: FakeTransport; books: BookDirectory; feed: FaultyFeed },
    read: Read,
  ) {
    this.encoding = encoding;
    this.client = new ModelClient(encoding, parts.feed.history);
    this.socket = new BufferedSocket(parts.transport, encoding, (frame) => {
      read(this.client, frame);
    });
    parts.transport.sockets.add(this.socket);
    this.backlog = new Backlog(this.socket, LIMITS);
    this.streams = new Watches(this, { books: parts.books, maxWatches: 9 });
  }

  sendFrame(frame: ServerFrame): void {
    this.socket.send(codecs[this.encoding].encodeServer(frame));
  }

  close(closeCode: CloseCode): void {
    this.socket.close(closeCode);
    this.streams.removeAll();
    this.classes.clear();
  }
}

type Read = (client: ModelClient, frame: WireFrame) => void;

/** One seeded run: a book, its gateway and some clients under random faults; then all is well, and everybody catches up. */
class Case {
  readonly feed: FaultyFeed;
  readonly connections: Connections;
  readonly clients: readonly TestConnection[];
  readonly #random: SeededRandom;
  readonly #books: BookDirectory;

  constructor(seed: number, { hidesGaps, losesFrames }: Faults, metrics: GatewayMetrics) {
    const random = new SeededRandom(seed);
    this.#random = random;
    const transport = new FakeTransport();
    this.feed = new FaultyFeed(SYMBOL, random, { hidesGaps });
    const fanout = { publisher: transport, codecs, metrics };
    this.#books = new BookDirectory({ feedBus: this.feed, fanout, logger });
    this.connections = new Connections({ heartbeatMs: 1e6, idleTimeoutMs: 1e6, metrics });
    const read: Read = (client, frame) => {
      if (!losesFrames || !random.chance(5)) client.read(frame);
    };
    const parts = { transport, books: this.#books, feed: this.feed };
    this.clients = Array.from(
      { length: CLIENTS },
      () => new TestConnection(random.pick([Encoding.Json, Encoding.Msgpack]), parts, read),
    );
    for (const client of this.clients) this.connections.add(client);
  }

  async run(): Promise<void> {
    for (const client of this.clients) await this.#subscribe(client);
    for (let step = 0; step < STEPS; step++) await this.#step();
    await this.#recover();
  }

  close(): void {
    for (const client of this.clients) client.close(CLOSE_CODES.restart);
    this.#books.close();
    this.connections.stop();
  }

  async #step(): Promise<void> {
    const client = this.#random.pick(this.clients);
    const choice = this.#random.below(100);
    if (choice < 56) this.feed.move();
    else if (choice < 60) this.feed.pulse();
    else if (choice < 64) this.feed.sendSnapshot();
    else if (choice < 67) this.feed.startEpoch();
    else if (choice < 77) this.feed.catchUp();
    else if (choice < 87) client.socket.isPaused = true;
    else if (choice < 95) this.#read(client);
    else if (choice < 98) await this.#subscribe(client);
    else this.#unsubscribe(client);
    if (this.#random.chance(35)) clock.advance(this.#random.pick([10, 100, 300, 1200]));
    await turn();
  }

  #read(client: TestConnection): void {
    client.socket.readSome(1 + this.#random.below(40));
    if (this.#random.chance(70)) this.#resume(client);
    else this.connections.hasRead(client);
  }

  #resume(client: TestConnection): void {
    client.socket.isPaused = false;
    client.socket.readSome(Infinity);
    this.connections.hasRead(client);
  }

  async #subscribe(client: TestConnection): Promise<void> {
    if (client.socket.closeCode !== undefined) return;
    const [depth, interval] = [this.#random.pick(DEPTHS), this.#random.pick(INTERVALS)];
    client.classes.set(`${String(depth)}/${String(interval)}`, [depth, interval]);
    const watching = client.streams.prepare(SYMBOL, { depth, interval }, this.#random.chance(30));
    const begun = watching.then(
      (begin) => {
        begin();
      },
      () => client.classes.delete(`${String(depth)}/${String(interval)}`),
    );
    for (let i = 0; i < 3; i++) {
      await turn();
      this.feed.catchUp();
    }
    await begun;
  }

  #unsubscribe(client: TestConnection): void {
    const [first] = client.classes;
    if (first === undefined) return;
    const [key, [depth, interval]] = first;
    client.classes.delete(key);
    client.streams.remove(SYMBOL, { depth, interval });
  }

  /** No fault from here on: after the retries of a reading and the longest interval, every class must stand at the end. */
  async #recover(): Promise<void> {
    this.feed.heal();
    for (const client of this.clients) this.#resume(client);
    for (let i = 0; i < 4; i++) {
      await turn();
      clock.advance(1100);
      this.feed.sendSnapshot();
    }
    await turn();
    this.feed.move();
    await turn();
    clock.advance(300);
    for (const { client, classes } of this.clients) {
      for (const [depth, interval] of classes.values()) client.expect({ depth, interval }, this.feed.now);
    }
  }
}

/** Whatever waits for a promise goes on; no timer runs. */
async function turn(): Promise<void> {
  for (let i = 0; i < 6; i++) await Promise.resolve();
}

async function runCases(count: number, faults: Faults, metrics: GatewayMetrics): Promise<Totals> {
  const totals: Totals = {
    failed: [],
    seen: { snapshot: 0, delta: 0, heartbeat: 0, stale: 0, fresh: 0, lagging: 0 },
    closed: 0,
  };
  for (let seed = 1; seed <= count; seed++) {
    const run = new Case(seed, faults, metrics);
    await run.run();
    for (const { client, socket } of run.clients) {
      if (socket.closeCode !== undefined) totals.closed += 1;
      for (const type of Object.keys(totals.seen) as (keyof Totals['seen'])[]) totals.seen[type] += client.seen[type];
      const [violation] = client.violations;
      if (violation !== undefined) totals.failed.push(`seed ${String(seed)}: ${violation}`);
    }
    run.close();
  }
  return totals;
}

interface Totals {
  readonly failed: string[];
  readonly seen: Record<'snapshot' | 'delta' | 'heartbeat' | 'stale' | 'fresh' | 'lagging', number>;
  closed: number;
}

describe('a book on its way from publisher to client', () => {
  beforeAll(() => {
    clock.install();
  });
  afterAll(() => {
    vi.unstubAllGlobals();
  });

  it('is the publisher’s at every seq that a client holds, whatever is lost, late, out of order, repeated or unread', async () => {
    const metrics = new GatewayMetrics();
    const { failed, seen, closed } = await runCases(CASES, ONLY_TOLD, metrics);
    expect(failed).toEqual([]);
    const counts = await countsOf(metrics);
    process.stdout.write(`${JSON.stringify({ ...seen, closed, ...counts })}\n`);
    // Each fault was there, and each remedy was used.
    expect(Math.min(...Object.values(seen), closed, counts.resyncs, counts.conflated, counts.evicted)).toBeGreaterThan(
      CASES / 100,
    );
    expect(counts.relayed).toBe(counts.delivered + counts.conflated + counts.evicted);
  }, 120_000);

  it('is not, and this test finds it, where nobody looks at prev', async () => {
    const { failed } = await runCases(200, { ...ONLY_TOLD, hidesGaps: true }, new GatewayMetrics());
    expect(failed.length).toBeGreaterThan(50);
    expect(failed.join()).toContain('another book than the publisher had');
  });

  it('is not, and this test finds it, where sockets lose frames in silence', async () => {
    const { failed } = await runCases(200, { ...ONLY_TOLD, losesFrames: true }, new GatewayMetrics());
    expect(failed.length).toBeGreaterThan(50);
    expect(failed.join()).toContain('delta behind');
  });
});

async function countsOf(
  metrics: GatewayMetrics,
): Promise<Record<'relayed' | 'delivered' | 'conflated' | 'evicted' | 'resyncs', number>> {
  const valueOf = async (counter: GatewayMetrics['bookResyncs']): Promise<number> =>
    (await counter.get()).values[0]?.value ?? 0;
  return {
    relayed: await valueOf(metrics.bookFramesRelayed),
    delivered: await valueOf(metrics.bookFramesDelivered),
    conflated: await valueOf(metrics.bookFramesConflated),
    evicted: await valueOf(metrics.bookFramesEvicted),
    resyncs: await valueOf(metrics.bookResyncs),
  };
}
