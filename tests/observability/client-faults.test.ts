import { setTimeout as delay } from 'node:timers/promises';

import { FaultProxy, type GatewayProcess, type GatewaySettings, type RawClient, UNLIMITED } from '@outcry/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';

import { metricOf } from '../metrics.ts';
import { Load } from './support/load.ts';
import { type Observed, ObservedCluster } from './support/observed-cluster.ts';
import { fillBuffers, fillTransport, joinPit } from './support/slow-readers.ts';
import { expectExactly } from './support/watch-alerts.ts';

/** A minute of the rules in three seconds. */
const SPEED = 20;
/** More than the floor of the rule for shares, and fewer. */
const MANY = 12;
const FEW = 8;
const LONG_MS = 100_000;
/** What is asked of a gateway here comes from one address, and mostly as one user. */
const UNCOUNTED: GatewaySettings = {
  ...UNLIMITED,
  maxConnectionsPerAddress: 0,
  maxConnectionsPerUser: 0,
  maxConnectsPerMinute: 0,
  maxHandshakesPerAddress: 0,
};
/** Clients that read nothing are closed neither for that nor for their silence. */
const PATIENT: GatewaySettings = {
  ...UNCOUNTED,
  softBufferBytes: 64 * 1024,
  laggingTimeoutMs: LONG_MS,
  idleTimeoutMs: LONG_MS,
};
/** The way to Redis is so long… */
const SLOW_REDIS_MS = 300;
/** …and this comes in so long, which is over three times what can wait for it. */
const FLOOD = Array.from({ length: 100 }, () => ({ type: 'publish', room: 'flood', data: 'and more' }) as const);
const FLOOD_EVERY_MS = 200;
const API_KEY = 'a-key-of-the-server-api';
/** As long as a reason may be, and three bytes each. */
const REASON = encodeURIComponent('語'.repeat(200));
const COMMANDS = Array.from({ length: 1000 }, () => ({ command: 'publish', params: { room: 'board', data: 'news' } }));
const MAX_BATCHES = 20;
const ENGINE_KEY = 'the-key-of-the-engine';
const POST_EVERY_MS = 100;

describe('what clients, their network and those around a gateway do fires exactly its alerts', () => {
  let cluster: ObservedCluster;
  let load: Load;
  beforeAll(async () => {
    cluster = await ObservedCluster.start({ speed: SPEED, settings: UNCOUNTED });
    load = new Load();
    for (const gateway of cluster.gateways) {
      await load.publish(await cluster.connect({ gateway, user: 'ann' }), 'lobby');
      await load.watch(await cluster.connect({ gateway, user: 'bob', encoding: 'msgpack' }), 'BTCUSDT');
    }
  });
  afterAll(async () => {
    await load[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  it('most clients of a gateway read nothing', async () => {
    await using gateway = await cluster.addGateway(PATIENT);
    const slow = await comeTo(gateway.process, MANY);
    await using watching = new Load();
    for (const client of slow) await watching.watch(client, 'BTCUSDT');
    await expectExactly(cluster, {
      alerts: ['OutcrySlowClients'],
      begin: () => stopReading(gateway.process, slow),
      end: () => {
        for (const client of slow) client.resume();
      },
    });
  });

  it('a gateway closes clients that read nothing', async () => {
    await using gateway = await cluster.addGateway({ ...PATIENT, laggingTimeoutMs: 500 });
    const slow = await comeTo(gateway.process, FEW);
    await expectExactly(cluster, {
      alerts: ['OutcrySlowClients'],
      begin: () => stopReading(gateway.process, slow),
      // They have been closed, and that is all.
      end: () => undefined,
    });
    for (const { socket } of slow) socket.destroy();
  });

  it('the balancer before a gateway takes nothing any more', async () => {
    await using gateway = await cluster.addGateway({ ...PATIENT, heartbeatMs: 1000 });
    await using balancer = await FaultProxy.start({ host: '127.0.0.1', port: gateway.process.port });
    const { url } = gateway.process;
    const behind = { ...gateway.process, url: url.replace(String(gateway.process.port), String(balancer.port)) };
    const clients = await comeTo(behind, FEW);
    await expectExactly(cluster, {
      alerts: ['OutcryTransportSilent'],
      begin: async () => {
        balancer.freeze();
        const publisher = await cluster.connect({ user: 'max' });
        await fillTransport(publisher, { gateway: gateway.process, slow: clients });
        publisher.socket.destroy();
      },
      end: () => {
        balancer.thaw();
      },
    });
    for (const { socket } of clients) socket.destroy();
  });

  it('more is published than a slow Redis can take', async () => {
    await using way = await FaultProxy.start(cluster.redis);
    await using gateway = await cluster.addGateway({
      ...UNCOUNTED,
      redisUrl: `redis://127.0.0.1:${String(way.port)}`,
    });
    const flood = await cluster.connect({ gateway: gateway.process, user: 'max' });
    await flood.expectAnswer('joined', { type: 'join', room: 'flood', presence: false });
    let every: NodeJS.Timeout | undefined;
    await expectExactly(cluster, {
      alerts: ['OutcryOverloaded'],
      begin: () => {
        way.inflict({ toServer: { delayMs: () => SLOW_REDIS_MS } });
        every = setInterval(() => {
          flood.sendAtOnce(FLOOD);
        }, FLOOD_EVERY_MS);
      },
      end: () => {
        clearInterval(every);
        way.heal();
      },
    });
    flood.socket.destroy();
  });

  it('nobody reads the log of a gateway', async () => {
    await using gateway = await cluster.addGateway({ ...UNCOUNTED, apiKeys: API_KEY });
    await expectExactly(cluster, {
      alerts: ['OutcryLogLinesDropped'],
      begin: async () => {
        gateway.process.process.holdOutput();
        await fillLog(gateway.process);
      },
      end: () => {
        gateway.process.process.readOutput();
      },
    });
  });

  it('an engine posts no books any more', async () => {
    await using publisher = await cluster.addPublisher({
      source: 'http',
      instruments: 'ACMEUSD:2:0',
      httpKeys: ENGINE_KEY,
      httpSilenceMs: 1000,
    });
    let engine = await Engine.start(publisher.target);
    await expectExactly(cluster, {
      alerts: ['OutcryBookStale'],
      begin: () => engine.stop(),
      end: async () => {
        engine = await Engine.start(publisher.target);
      },
    });
    // What it led is remembered for longer than this test: it is the last.
    await publisher.forget();
    await engine.stop();
  });

  /** Clients who have said nothing yet but that they want to read. */
  async function comeTo(gateway: GatewayProcess, count: number): Promise<readonly RawClient[]> {
    const users = Array.from({ length: count }, (_, i) => `slow-${String(i)}`);
    const clients = await Promise.all(users.map((user) => cluster.connect({ gateway, user })));
    await joinPit(clients);
    return clients;
  }

  async function stopReading(gateway: GatewayProcess, slow: readonly RawClient[]): Promise<void> {
    for (const client of slow) client.pause();
    const publisher = await cluster.connect({ user: 'max' });
    await fillBuffers(publisher, { gateway, slow });
    publisher.socket.destroy();
  }
});

/** Has a gateway write more into its log than may wait to be read. */
async function fillLog(gateway: GatewayProcess): Promise<void> {
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const response = await fetch(`${gateway.internalUrl}/api/batch`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${API_KEY}`,
        'content-type': 'application/json',
        'outcry-reason': REASON,
      },
      body: JSON.stringify({ commands: COMMANDS }),
    });
    if (!response.ok) throw new Error(`the batch was answered with ${String(response.status)}`);
    if ((await metricOf(gateway, 'outcry_gateway_log_lines_dropped_total')) > 0) return;
  }
  throw new Error('expected lines of the log to be dropped');
}

/** A matching engine: posts its book again and again until it is stopped. */
class Engine {
  readonly #url: string;
  readonly #done: Promise<void>;
  #isOver = false;

  private constructor(target: Observed<unknown>['target']) {
    this.#url = `http://${target}/books/ACMEUSD`;
    this.#done = this.#repeat();
  }

  /** Resolves when its first book has been taken. */
  static async start(target: string): Promise<Engine> {
    const engine = new Engine(target);
    await engine.#post();
    return engine;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  async #repeat(): Promise<void> {
    while (!this.#isOver) {
      await delay(POST_EVERY_MS);
      await this.#post();
    }
  }

  async #post(): Promise<void> {
    const body = { seq: Date.now(), priceScale: 2, sizeScale: 0, bids: [['99', '1']], asks: [['101', '1']] };
    const response = await fetch(this.#url, {
      method: 'PUT',
      headers: { authorization: `Bearer ${ENGINE_KEY}` },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`the book was answered with ${String(response.status)}`);
    await response.arrayBuffer();
  }
}
