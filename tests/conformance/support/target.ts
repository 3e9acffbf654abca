import {
  type FeedSettings,
  type GatewayProcess,
  type GatewaySettings,
  type ServiceProcess,
  startGateway,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll } from 'vitest';

const EXTERNAL_URL = process.env['OUTCRY_CONFORMANCE_URL'];

/** Whether the suite starts the server itself. Against a server of somebody else's, tests that need a hold of it are skipped. */
export const OWNS_SERVER = EXTERNAL_URL === undefined || EXTERNAL_URL === '';

/** The server that a test file speaks to. */
export interface Target {
  /** `ws://…/ws` */
  readonly url: string;
  /** `ws://…/orderbookfeed`, without a query. */
  readonly feedUrl: string;
}

export interface TargetOptions {
  /** Starts a feed publisher beside the gateway, with the simulator's books. */
  readonly feed?: FeedSettings;
  readonly settings?: GatewaySettings;
}

/** Gives the tests of a file one server: a gateway with a Redis of its own, or that of `OUTCRY_CONFORMANCE_URL`. */
export function useTarget(options: TargetOptions = {}): Target {
  if (!OWNS_SERVER) return externalTarget(EXTERNAL_URL ?? '');
  let owned: OwnedServer | undefined;
  beforeAll(async () => {
    owned = await OwnedServer.start(options);
  });
  afterAll(async () => {
    await owned?.stop();
  });
  const gateway = (): GatewayProcess => {
    if (owned === undefined) throw new Error('the gateway is not running');
    return owned.gateway;
  };
  return {
    get url() {
      return gateway().url;
    },
    get feedUrl() {
      return gateway().feedUrl;
    },
  };
}

function externalTarget(url: string): Target {
  const feedUrl = new URL(url);
  feedUrl.pathname = feedUrl.pathname.replace(/\/ws$/, '/orderbookfeed');
  return { url, feedUrl: feedUrl.href };
}

class OwnedServer {
  readonly gateway: GatewayProcess;
  readonly #redis: TestRedis;
  readonly #publisher: ServiceProcess | undefined;

  private constructor(parts: { gateway: GatewayProcess; redis: TestRedis; publisher: ServiceProcess | undefined }) {
    this.gateway = parts.gateway;
    this.#redis = parts.redis;
    this.#publisher = parts.publisher;
  }

  static async start({ feed, settings = {} }: TargetOptions): Promise<OwnedServer> {
    const redis = await startRedis();
    const shared = { redisUrl: redis.url, redisPrefix: uniquePrefix() };
    const [gateway, publisher] = await Promise.all([
      startGateway({ ...shared, ...settings }),
      feed === undefined ? undefined : startPublisher({ ...shared, feed }),
    ]);
    return new OwnedServer({ gateway, redis, publisher });
  }

  async stop(): Promise<void> {
    await Promise.all([this.gateway[Symbol.asyncDispose](), this.#publisher?.[Symbol.asyncDispose]()]);
    await this.#redis.stop();
  }
}
