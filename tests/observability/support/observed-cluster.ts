import { readFileSync } from 'node:fs';

import { Redis } from 'ioredis';
import {
  type GatewayProcess,
  type GatewaySettings,
  HookServer,
  leasePort,
  makeToken,
  type PortLease,
  PostgresProcess,
  type InboundProcess,
  PrometheusProcess,
  RawClient,
  RedisProcess,
  type ServiceProcess,
  startGateway,
  startInbound,
  startPublisher,
  type WireEncoding,
} from '@outcry/testkit';

import { ruleFiles } from '../../support/alert-rules.ts';
import { eventually } from '../../support/eventually.ts';
import { compressTime } from './compress-time.ts';
import { Owned } from './owned.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

export const SECRET = 'a-secret-of-at-least-thirty-two-characters';
/** The second gateway has a Redis user of its own, which can be switched off. */
const OWN_USER = 'second';
const OWN_PASSWORD = 'of-the-second';
const EVERYTHING = ['read', 'write', 'presence', 'signal'];
const SCRAPE_SECONDS = 15;
const MIN_INTERVAL_MS = 500;
const SCRAPE_DEADLINE_MS = 30_000;
/** Short, so that a lease is over before a compressed minute is. */
const LEASES = { leaseMs: 500, leaseRenewMs: 100 } as const;

export interface ObservedClusterOptions {
  /** How many times as fast time goes for the rules: what they wait for is divided by it. */
  readonly speed: number;
  readonly hasInbound?: boolean;
  readonly settings?: GatewaySettings;
}

/** Two gateways, a publisher and perhaps an inbound service over a Redis of their own, and a Prometheus with the rules that looks at them. */
export class ObservedCluster implements AsyncDisposable {
  readonly redis: RedisProcess;
  readonly hooks: HookServer;
  readonly prometheus: PrometheusProcess;
  readonly gateways: readonly [GatewayProcess, GatewayProcess];
  readonly postgres: PostgresProcess | undefined;
  readonly #owned: Owned;
  readonly #publisherLease: PortLease;
  #publisher: ServiceProcess;

  private constructor(parts: {
    readonly owned: Owned;
    readonly redis: RedisProcess;
    readonly hooks: HookServer;
    readonly prometheus: PrometheusProcess;
    readonly gateways: readonly [GatewayProcess, GatewayProcess];
    readonly postgres: PostgresProcess | undefined;
    readonly publisherLease: PortLease;
    readonly publisher: ServiceProcess;
  }) {
    this.redis = parts.redis;
    this.hooks = parts.hooks;
    this.prometheus = parts.prometheus;
    this.gateways = parts.gateways;
    this.postgres = parts.postgres;
    this.#owned = parts.owned;
    this.#publisherLease = parts.publisherLease;
    this.#publisher = parts.publisher;
  }

  static async start({ speed, hasInbound = false, settings = {} }: ObservedClusterOptions): Promise<ObservedCluster> {
    const owned = new Owned();
    try {
      const folder = owned.keep(await makeTemporaryFolder());
      const redis = owned.keep(await RedisProcess.start([...REDIS_ARGS, '--dir', folder.path]));
      const hooks = owned.keep(await HookServer.start());
      const postgres = hasInbound ? owned.keep(await PostgresProcess.start()) : undefined;
      const publisherLease = owned.keep(await leasePort());
      const gatewayAt = async (redisUrl: string): Promise<GatewayProcess> =>
        owned.keep(await startGateway({ redisUrl, ...hookSettings(hooks), authSecret: SECRET, ...settings }));
      const ownUrl = `redis://${OWN_USER}:${OWN_PASSWORD}@${redis.host}:${String(redis.port)}`;
      const [first, second, publisher, inbound] = await Promise.all([
        gatewayAt(redis.url),
        gatewayAt(ownUrl),
        startPublisherAt(redis, publisherLease),
        postgres === undefined ? undefined : startInboundOver(redis, postgres),
      ]);
      if (inbound !== undefined) owned.keep(inbound);
      const prometheus = owned.keep(
        await PrometheusProcess.start({
          intervalMs: Math.max(MIN_INTERVAL_MS, (SCRAPE_SECONDS * 1000) / speed),
          jobs: {
            'outcry-gateway': [first, second].map(({ internalUrl }) => new URL(internalUrl).host),
            'outcry-feed-publisher': [`127.0.0.1:${String(publisherLease.port)}`],
            ...(inbound === undefined ? {} : { 'outcry-inbound': [new URL(inbound.internalUrl).host] }),
          },
          rules: ruleFiles().map((file) => compressTime(readFileSync(file, 'utf8'), speed)),
        }),
      );
      await untilScraped(prometheus, inbound === undefined ? 3 : 4);
      const gateways = [first, second] as const;
      return new ObservedCluster({ owned, redis, hooks, prometheus, gateways, postgres, publisherLease, publisher });
    } catch (err) {
      await owned[Symbol.asyncDispose]();
      throw err;
    }
  }

  /** A client with every right. */
  connect(options: { gateway?: GatewayProcess; encoding?: WireEncoding; user?: string } = {}): Promise<RawClient> {
    const { gateway = this.gateways[0], encoding = 'json', user = 'ann' } = options;
    const token = makeToken(SECRET, { sub: user, claims: { rooms: { '*': EVERYTHING } }, lifetimeSeconds: 3600 });
    return RawClient.connect({ url: gateway.url, encoding, token });
  }

  async killPublisher(): Promise<void> {
    this.#publisher.kill();
    await this.#publisher.exited;
  }

  async restartPublisher(): Promise<void> {
    this.#publisher = await startPublisherAt(this.redis, this.#publisherLease);
  }

  /** Runs a command on Redis itself. */
  async admin(...command: readonly [string, ...string[]]): Promise<unknown> {
    const redis = new Redis({ host: this.redis.host, port: this.redis.port, lazyConnect: true });
    await redis.connect();
    try {
      const [name, ...args] = command;
      return await redis.call(name, args);
    } finally {
      redis.disconnect();
    }
  }

  /** The second gateway cannot come to Redis any more. */
  async deafen(): Promise<void> {
    await this.admin('ACL', 'SETUSER', OWN_USER, 'off');
    await this.admin('CLIENT', 'KILL', 'USER', OWN_USER);
  }

  async undeafen(): Promise<void> {
    await this.admin('ACL', 'SETUSER', OWN_USER, 'on');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#publisher[Symbol.asyncDispose]();
    await this.#owned[Symbol.asyncDispose]();
  }
}

/** Nothing that was acknowledged is lost when it is killed; and the second gateway's user. */
const REDIS_ARGS = [
  ...['--appendonly', 'yes', '--appendfsync', 'always'],
  ...['--user', OWN_USER, 'on', `>${OWN_PASSWORD}`, '~*', '&*', '+@all'],
];

/** Twice, or what happens now would be where its counters begin, and no rise. */
async function untilScraped(prometheus: PrometheusProcess, processes: number): Promise<void> {
  await eventually(
    async () => (await prometheus.query('count_over_time(up[1h]) >= 2 and up == 1')).length === processes,
    { deadlineMs: SCRAPE_DEADLINE_MS, describe: () => 'Prometheus has not been everywhere' },
  );
}

function hookSettings(hooks: HookServer): GatewaySettings {
  return { hooksSecret: SECRET, hooksJoinUrl: hooks.urlOf('join'), hooksPlainHttp: true, hooksDeadlineMs: 5000 };
}

function startPublisherAt({ url }: RedisProcess, { port }: PortLease): Promise<ServiceProcess> {
  return startPublisher({ redisUrl: url, internalPort: port, feed: { symbols: 'BTCUSDT', ...LEASES } });
}

function startInboundOver({ url: redisUrl }: RedisProcess, { url }: PostgresProcess): Promise<InboundProcess> {
  return startInbound({ redisUrl, postgresUrl: url, postgresMigrate: true });
}
