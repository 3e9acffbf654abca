import {
  FaultProxy,
  type FeedSettings,
  type GatewayProcess,
  type GatewaySettings,
  startGateway,
  startPublisher,
  startRedis,
  startStandalone,
  uniquePrefix,
  UNLIMITED,
} from '@outcry/testkit';

import { PlainChromium } from './chromium.ts';
import { Site } from './site.ts';

export interface StageOptions {
  /** With two, over a real Redis, the page meets another gateway at each attempt. With one, everything is one process. */
  readonly gateways: 1 | 2;
  readonly settings?: GatewaySettings;
  readonly feed?: FeedSettings;
  /** A user's token, where names are not enough. */
  readonly tokenOf?: (user: string) => string;
}

/** What has to go, the last first. Node 22 has no stack of disposables of its own. */
class Owned implements AsyncDisposable {
  readonly #parts: AsyncDisposable[] = [];

  add<T extends AsyncDisposable>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) await part[Symbol.asyncDispose]();
  }
}

/** Everything that a file of tests has in common: a browser, a site, gateways, and a fault proxy before each of these. */
export class Stage implements AsyncDisposable {
  readonly chromium: PlainChromium;
  readonly site: Site;
  readonly gateways: readonly GatewayProcess[];
  readonly proxies: readonly FaultProxy[];
  readonly tokenOf: (user: string) => string;
  readonly #owned: Owned;

  private constructor(parts: Pick<Stage, 'chromium' | 'site' | 'gateways' | 'proxies' | 'tokenOf'>, owned: Owned) {
    this.chromium = parts.chromium;
    this.site = parts.site;
    this.gateways = parts.gateways;
    this.proxies = parts.proxies;
    this.tokenOf = parts.tokenOf;
    this.#owned = owned;
  }

  static async start(options: StageOptions): Promise<Stage> {
    const { tokenOf = (user: string): string => user } = options;
    const owned = new Owned();
    try {
      const gateways = await (options.gateways === 1 ? startOne(options, owned) : startTwo(options, owned));
      const proxies: FaultProxy[] = [];
      for (const { port } of gateways) proxies.push(owned.add(await FaultProxy.start({ host: '127.0.0.1', port })));
      const site = owned.add(await Site.start());
      const chromium = owned.add(await PlainChromium.start());
      return new Stage({ chromium, site, gateways, proxies, tokenOf }, owned);
    } catch (error) {
      await owned[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Of the gateways, each behind its proxy. */
  get urls(): readonly string[] {
    return this.proxies.map(({ port }) => `ws://127.0.0.1:${String(port)}/ws`);
  }

  /** The first gateway; the only one where there is one. */
  get gateway(): GatewayProcess {
    const [gateway] = this.gateways;
    if (gateway === undefined) throw new Error('no gateway');
    return gateway;
  }

  /** Does the same to every connection, wherever it goes. */
  all(inflict: (proxy: FaultProxy) => void): void {
    for (const proxy of this.proxies) inflict(proxy);
  }

  async cut(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.cut()));
  }

  /** Everything passes again, on the same ports. */
  async heal(): Promise<void> {
    this.all((proxy) => {
      proxy.heal();
    });
    await Promise.all(this.proxies.map((proxy) => proxy.restore()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }
}

async function startOne({ settings, feed = {} }: StageOptions, owned: Owned): Promise<GatewayProcess[]> {
  return [owned.add(await startStandalone({ ...UNLIMITED, demo: false, ...settings, feed }))];
}

async function startTwo({ settings, feed }: StageOptions, owned: Owned): Promise<GatewayProcess[]> {
  const redis = owned.add(await startRedis());
  const shared = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
  const starts = ['a', 'b'].map((nodeId) => startGateway({ ...shared, ...UNLIMITED, nodeId, ...settings }));
  const gateways: GatewayProcess[] = [];
  for (const start of starts) gateways.push(owned.add(await start));
  if (feed !== undefined) owned.add(await startPublisher({ ...shared, feed }));
  return gateways;
}
