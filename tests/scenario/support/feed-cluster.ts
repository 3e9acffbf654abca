import { type Backplane, createRedisBackplane } from '@outcry/broker';
import {
  type FeedSettings,
  type GatewayProcess,
  ProxyGroup,
  type ServiceProcess,
  startGateway,
  startPublisher,
  uniquePrefix,
  readHealth,
} from '@outcry/testkit';

import { eventually } from '../../support/eventually.ts';
import { Stores } from './stores.ts';

/** A publisher with proxies of its own between it and Redis. */
export interface PublisherNode {
  readonly process: ServiceProcess;
  readonly proxy: ProxyGroup;
}

export interface LeaderTerm {
  readonly node: PublisherNode;
  readonly fence: number;
  /** Unix milliseconds. */
  readonly startedAt: number;
}

/** Two publishers of the same symbols and a gateway, over what they store in. */
export class FeedCluster implements AsyncDisposable {
  readonly publishers: PublisherNode[] = [];
  /** Beside the faults. */
  readonly backplane: Backplane;
  readonly gateway: GatewayProcess;
  readonly #stores: Stores;
  readonly #prefix: string;
  readonly #feed: FeedSettings;
  /** Those that were killed, too. */
  readonly #started: PublisherNode[] = [];

  private constructor(parts: { stores: Stores; prefix: string; gateway: GatewayProcess; feed: FeedSettings }) {
    this.#stores = parts.stores;
    this.#prefix = parts.prefix;
    this.#feed = parts.feed;
    this.gateway = parts.gateway;
    this.backplane = createRedisBackplane({ url: parts.stores.url, prefix: parts.prefix });
  }

  static async start(feed: FeedSettings): Promise<FeedCluster> {
    const stores = await Stores.start();
    const prefix = uniquePrefix();
    const gateway = await startGateway({ redisUrl: stores.url, redisPrefix: prefix });
    const cluster = new FeedCluster({ stores, prefix, gateway, feed });
    await cluster.backplane.start({
      handleMessage: () => undefined,
      handleSignal: () => undefined,
      handleReset: () => undefined,
      handleStatus: () => undefined,
    });
    await Promise.all([cluster.addPublisher(), cluster.addPublisher()]);
    return cluster;
  }

  async addPublisher(): Promise<void> {
    const proxy = await ProxyGroup.start(this.#stores.addresses);
    const redisUrl = this.#stores.urlAt(proxy.ports);
    const process = await startPublisher({ redisUrl, redisPrefix: this.#prefix, feed: this.#feed });
    const node = { process, proxy };
    this.publishers.push(node);
    this.#started.push(node);
  }

  /** As a crash, or a machine that is gone, would. */
  async kill(node: PublisherNode): Promise<void> {
    this.publishers.splice(this.publishers.indexOf(node), 1);
    node.process.kill();
    await node.process.exited;
  }

  /** The last to be granted the lease of the symbol, by what the publishers say, and when that was. */
  termOf(symbol: string): LeaderTerm | undefined {
    const terms = this.#started.flatMap((node) => termsOf(node, symbol));
    return terms.sort((a, b) => b.fence - a.fence)[0];
  }

  leaderOf(symbol: string): PublisherNode | undefined {
    return this.termOf(symbol)?.node;
  }

  /** Resolves when every publisher leads its share, with how long that took. */
  untilSpread(symbols: readonly string[], deadlineMs: number): Promise<number> {
    const share = Math.ceil(symbols.length / this.publishers.length);
    const counts = (): number[] =>
      this.publishers.map((node) => symbols.filter((symbol) => this.leaderOf(symbol) === node).length);
    return eventually(() => counts().every((count) => count > 0 && count <= share), {
      deadlineMs,
      describe: () => `the publishers lead ${counts().join(' and ')} of ${String(symbols.length)} symbols`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backplane.close();
    await this.gateway[Symbol.asyncDispose]();
    for (const { process, proxy } of this.#started) {
      proxy.thaw();
      await process[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    }
    await this.#stores[Symbol.asyncDispose]();
  }
}

/** How often the publisher has found that it leads no more. */
export function lossesOf({ process }: PublisherNode): number {
  return process.log.filter(({ msg }) => msg === 'feed lost to another publisher').length;
}

/** The value of a metric, summed over its labels. */
export async function metricOf({ process }: PublisherNode, name: string): Promise<number> {
  const port = process.log.find(({ msg }) => msg === 'feed publisher started')?.['internalPort'];
  const text = await (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text();
  const values = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'));
  return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** What `/readyz` of a publisher answers. */
export async function readinessOf({ process }: PublisherNode): Promise<string> {
  const port = process.log.find(({ msg }) => msg === 'feed publisher started')?.['internalPort'];
  return (await readHealth(`http://127.0.0.1:${String(port)}`)).summary;
}

function termsOf(node: PublisherNode, symbol: string): LeaderTerm[] {
  return node.process.log
    .filter((record) => record.msg === 'feed led' && record['symbol'] === symbol)
    .map((record) => ({ node, fence: Number(record['fence']), startedAt: Number(record['time']) }));
}
