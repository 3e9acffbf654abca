import { type BookChange, type Book, type Client, connect } from '@outcry/client';
import {
  FaultProxy,
  type GatewayProcess,
  hasRedisServer,
  normalizeDecimal,
  RawClient,
  RedisProcess,
  type ServiceProcess,
  startGateway,
  startPublisher,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ClientBook } from './support/client-book.ts';
import { watchBook } from './support/watch-book.ts';

const POLL = { timeout: 30_000, interval: 20 };
const CUTS = 6;
const CLASS = { symbol: 'BTCUSDT', depth: 10, interval: 0 };
const FEED = { symbols: CLASS.symbol, rate: 100, deltaMs: 20, leaseMs: 600, leaseRenewMs: 200 };

/** A book by way of the client library, and what the application was told and shown, at each place of the numbering. */
class Watched {
  readonly book: Book;
  readonly told: BookChange['type'][] = [];
  readonly shown = new Map<string, string>();

  constructor(client: Client) {
    this.book = client.book(CLASS.symbol, {
      ...CLASS,
      checksum: true,
      onChange: ({ type }) => {
        this.told.push(type);
        if (type === 'snapshot' || type === 'delta') this.#keep();
      },
    });
  }

  count(type: BookChange['type']): number {
    return this.told.filter((each) => each === type).length;
  }

  #keep(): void {
    const { stamp, bids, asks } = this.book;
    if (stamp === undefined) return;
    const sides = [bids, asks].map((side) => side.map((level) => this.book.toDecimal(level)).map(plain));
    this.shown.set(placeOf(stamp), JSON.stringify(sides));
  }
}

/** One that reads the same class over a raw socket, and shares no code with the library. */
class Witness {
  readonly seen = new Map<string, string>();
  readonly client: RawClient;
  #book: ClientBook;

  private constructor(client: RawClient, book: ClientBook) {
    this.client = client;
    this.#book = book;
    this.#keep();
    void this.#follow();
  }

  static async start(url: string): Promise<Witness> {
    const client = await RawClient.connect({ url, encoding: 'json' });
    return new Witness(client, await watchBook(client, CLASS));
  }

  async #follow(): Promise<void> {
    for (;;) {
      const isNews = ({ type }: { type: string }): boolean => type === 'snapshot' || type === 'delta';
      const frame = await this.client
        .nextWhere(isNews, { what: 'a frame', deadlineMs: Infinity })
        .catch(() => undefined);
      if (frame === undefined) return;
      if (frame.type === 'snapshot') this.#book.reset(frame);
      else if (frame.type === 'delta') this.#book.apply(frame);
      this.#keep();
    }
  }

  #keep(): void {
    const { bids, asks } = this.#book.sides();
    const toText = ([price, size]: readonly [number, string]): string => `${String(price)} ${size}`;
    this.seen.set(placeOf(this.#book), JSON.stringify([bids.toReversed().map(toText), asks.map(toText)]));
  }
}

describe.runIf(hasRedisServer())('books of the client library, through faults', () => {
  const prefix = uniquePrefix();
  let redis: RedisProcess;
  let gateways: GatewayProcess[];
  let proxies: FaultProxy[];
  let publishers: ServiceProcess[];
  let witness: Witness;
  let watched: Watched;
  let client: Client;

  beforeAll(async () => {
    redis = await RedisProcess.start();
    const shared = { redisUrl: redis.url, redisPrefix: prefix };
    gateways = await Promise.all(['a', 'b'].map((nodeId) => startGateway({ ...shared, nodeId })));
    proxies = await Promise.all(gateways.map(({ port }) => FaultProxy.start({ host: '127.0.0.1', port })));
    publishers = [await startPublisher({ ...shared, feed: FEED })];
    witness = await Witness.start(gateways[1]?.url ?? '');
    let attempt = 0;
    client = connect('ws://cluster/ws', {
      backoff: { baseMs: 50, maxMs: 200 },
      webSocket: (_, protocols) => {
        const proxy = proxies[attempt % proxies.length];
        attempt += 1;
        return new WebSocket(`ws://127.0.0.1:${String(proxy?.port)}/ws`, protocols);
      },
    });
    watched = new Watched(client);
    await watched.book.ready;
  });
  afterAll(async () => {
    client.close();
    await witness.client.close();
    await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
    await Promise.all([...gateways, ...publishers].map((each) => each[Symbol.asyncDispose]()));
    await redis[Symbol.asyncDispose]();
  });

  /** Waits until both have had so many more of the same places, and holds against each other whatever both have had. */
  async function expectAgreement(more: number): Promise<void> {
    const before = new Set(watched.shown.keys());
    const common = (): string[] => [...watched.shown.keys()].filter((place) => witness.seen.has(place));
    await expect.poll(() => common().filter((place) => !before.has(place)).length, POLL).toBeGreaterThanOrEqual(more);
    for (const place of common()) expect(watched.shown.get(place), place).toBe(witness.seen.get(place));
    expect(watched.book.status).toBe('live');
    expect(watched.count('repair')).toBe(0);
  }

  it('are told to be stale and right again each time the connection is cut', async () => {
    await expectAgreement(10);
    for (let cut = 1; cut <= CUTS; cut++) {
      const snapshots = watched.count('snapshot');
      for (const proxy of proxies) proxy.dropConnections();
      await expect.poll(() => watched.count('stale'), POLL).toBe(cut);
      await expect.poll(() => watched.count('snapshot'), POLL).toBeGreaterThan(snapshots);
      await expectAgreement(5);
    }
  });

  it('begin anew where another publisher takes over', async () => {
    const before = watched.book.stamp?.epoch;
    // It gets nothing from one that lives before it has been there for two leases: the one that is killed is the leader.
    publishers.push(await startPublisher({ redisUrl: redis.url, redisPrefix: prefix, feed: FEED }));
    publishers[0]?.kill();
    await expect.poll(() => watched.book.stamp?.epoch, POLL).not.toBe(before);
    await expectAgreement(10);
  });

  it('come from another gateway where theirs is killed', async () => {
    // Whichever gateway the last cut has led to: from here on the first one's death must be felt.
    while (client.status.state === 'connected' && client.status.node !== 'a') {
      const { connection } = client.status;
      for (const proxy of proxies) proxy.dropConnections();
      await expect
        .poll(() => (client.status.state === 'connected' ? client.status.connection : connection), POLL)
        .not.toBe(connection);
    }
    const stale = watched.count('stale');
    gateways[0]?.process.kill();
    await expect.poll(() => watched.count('stale'), POLL).toBeGreaterThan(stale);
    await expect.poll(() => client.status, POLL).toMatchObject({ state: 'connected', node: 'b' });
    await expect.poll(() => watched.book.status, POLL).toBe('live');
    await expectAgreement(10);
  });
});

function placeOf({ epoch, seq }: { readonly epoch: string; readonly seq: number }): string {
  return `${epoch}:${String(seq)}`;
}

function plain({ price, size }: { readonly price: string; readonly size: string }): string {
  return `${String(Number(price))} ${normalizeDecimal(size)}`;
}
