import { readFileSync } from 'node:fs';

import { Redis } from 'ioredis';
import {
  type ArchiveProcess,
  type FeedSettings,
  type GatewayProcess,
  type GatewaySettings,
  HookServer,
  leasePort,
  makeToken,
  type PortLease,
  PrometheusProcess,
  RawClient,
  RedisProcess,
  type ServiceProcess,
  startGateway,
  startPublisher,
  type WireEncoding,
} from '@outcry/testkit';

import { ruleFiles } from '../../support/alert-rules.ts';
import { eventually } from '../../support/eventually.ts';
import { compressTime } from './compress-time.ts';
import { OF_SERVICES, type ObservedServices, SECRET, startArchiveOver, startServices } from './observed-services.ts';
import { Owned } from './owned.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** The second gateway has a Redis user of its own, which can be switched off. */
const OWN_USER = 'second';
const OWN_PASSWORD = 'of-the-second';
/** All rights to a room. */
export const EVERYTHING = ['read', 'write', 'presence', 'signal'];
const SCRAPE_SECONDS = 15;
const MIN_INTERVAL_MS = 500;
const SCRAPE_DEADLINE_MS = 30_000;
/** Short, so that a lease is over before a compressed minute is, and not so short that a process which waits for the processor loses it. */
const LEASES = { leaseMs: 1500, leaseRenewMs: 300 } as const;
const GATEWAYS = 'outcry-gateway';
const PUBLISHERS = 'outcry-feed-publisher';
const ARCHIVES = 'outcry-archive';

export interface ObservedClusterOptions {
  /** How many times as fast time goes for the rules: what they wait for is divided by it. */
  readonly speed: number;
  /** With an inbound service, an archive and a sender of events. */
  readonly hasServices?: boolean;
  readonly settings?: GatewaySettings;
}

/** A process that Prometheus looks at until it is disposed of, and then forgets first, as discovery does with one that was meant to go. */
export interface Observed<T> extends AsyncDisposable {
  readonly process: T;
  /** Where it is looked at: `host:port`. */
  readonly target: string;
  /** Prometheus looks at it no more. */
  forget(): Promise<void>;
}

interface Parts {
  readonly owned: Owned;
  readonly redis: RedisProcess;
  readonly hooks: HookServer;
  readonly prometheus: PrometheusProcess;
  readonly gateways: readonly [GatewayProcess, GatewayProcess];
  readonly services: ObservedServices | undefined;
  readonly publisherLease: PortLease;
  readonly publisher: ServiceProcess;
}

/** Two gateways, a publisher and perhaps other services over a Redis of their own, and a Prometheus with the rules that looks at them. */
export class ObservedCluster implements AsyncDisposable {
  readonly redis: RedisProcess;
  readonly hooks: HookServer;
  readonly prometheus: PrometheusProcess;
  readonly gateways: readonly [GatewayProcess, GatewayProcess];
  readonly #services: ObservedServices | undefined;
  readonly #owned: Owned;
  readonly #publisherLease: PortLease;
  readonly #targets = new Map<string, readonly string[]>();
  #publisher: ServiceProcess;

  private constructor(parts: Parts) {
    this.redis = parts.redis;
    this.hooks = parts.hooks;
    this.prometheus = parts.prometheus;
    this.gateways = parts.gateways;
    this.#services = parts.services;
    this.#owned = parts.owned;
    this.#publisherLease = parts.publisherLease;
    this.#publisher = parts.publisher;
    this.#targets.set(GATEWAYS, parts.gateways.map(hostOf));
    if (parts.services !== undefined) this.#targets.set(ARCHIVES, [hostOf(parts.services.archive)]);
    this.#targets.set(PUBLISHERS, [`127.0.0.1:${String(parts.publisherLease.port)}`]);
  }

  static async start({ speed, hasServices = false, settings = {} }: ObservedClusterOptions): Promise<ObservedCluster> {
    const owned = new Owned();
    try {
      const folder = owned.keep(await makeTemporaryFolder());
      const redis = owned.keep(await RedisProcess.start([...REDIS_ARGS, '--dir', folder.path]));
      const hooks = owned.keep(await HookServer.start());
      const publisherLease = owned.keep(await leasePort());
      const all = { ...hookSettings(hooks), ...(hasServices ? OF_SERVICES : {}), ...settings };
      const gatewayAt = async (redisUrl: string): Promise<GatewayProcess> =>
        owned.keep(await startGateway({ redisUrl, authSecret: SECRET, ...all }));
      const ownUrl = `redis://${OWN_USER}:${OWN_PASSWORD}@${redis.host}:${String(redis.port)}`;
      const [first, second, publisher, services] = await Promise.all([
        gatewayAt(redis.url),
        gatewayAt(ownUrl),
        startPublisherAt(redis, publisherLease),
        hasServices ? startServices(owned, redis) : undefined,
      ]);
      const gateways = [first, second] as const;
      const jobs: Readonly<Record<string, readonly string[]>> = {
        [GATEWAYS]: gateways.map(hostOf),
        [PUBLISHERS]: [`127.0.0.1:${String(publisherLease.port)}`],
        ...(services === undefined ? {} : jobsOf(services)),
      };
      const prometheus = owned.keep(
        await PrometheusProcess.start({
          intervalMs: Math.max(MIN_INTERVAL_MS, (SCRAPE_SECONDS * 1000) / speed),
          jobs,
          rules: ruleFiles().map((file) => compressTime(readFileSync(file, 'utf8'), speed)),
        }),
      );
      await untilScraped(prometheus, Object.values(jobs).flat());
      return new ObservedCluster({ owned, redis, hooks, prometheus, gateways, services, publisherLease, publisher });
    } catch (err) {
      await owned[Symbol.asyncDispose]();
      throw err;
    }
  }

  /** @throws Error where it was started without them */
  get services(): ObservedServices {
    if (this.#services === undefined) throw new Error('expected a cluster with services');
    return this.#services;
  }

  /** A client with every right. */
  connect(options: { gateway?: GatewayProcess; encoding?: WireEncoding; user?: string } = {}): Promise<RawClient> {
    const { gateway = this.gateways[0], encoding = 'json', user = 'ann' } = options;
    const token = makeToken(SECRET, { sub: user, claims: { rooms: { '*': EVERYTHING } }, lifetimeSeconds: 3600 });
    return RawClient.connect({ url: gateway.url, encoding, token });
  }

  /** One more gateway, in its own way. */
  async addGateway(settings: GatewaySettings): Promise<Observed<GatewayProcess>> {
    const gateway = await startGateway({ redisUrl: this.redis.url, authSecret: SECRET, ...settings });
    return this.#observe(GATEWAYS, hostOf(gateway), gateway);
  }

  /** One more publisher, with books of its own. */
  async addPublisher(feed: FeedSettings): Promise<Observed<ServiceProcess>> {
    const publisher = await startPublisher({ redisUrl: this.redis.url, feed: { ...feed, ...LEASES } });
    return this.#observe(PUBLISHERS, `127.0.0.1:${String(internalPortOf(publisher))}`, publisher);
  }

  /** One more archive, which stands by. @throws Error where it was started without services */
  async addArchive(): Promise<Observed<ArchiveProcess>> {
    const archive = await startArchiveOver(this.redis, this.services.postgres.url);
    return this.#observe(ARCHIVES, hostOf(archive), archive);
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

  async #observe<T extends AsyncDisposable>(job: string, target: string, process: T): Promise<Observed<T>> {
    const others = (): readonly string[] => (this.#targets.get(job) ?? []).filter((other) => other !== target);
    const retarget = async (targets: readonly string[]): Promise<void> => {
      this.#targets.set(job, targets);
      await this.prometheus.retarget(job, targets);
    };
    const forget = (): Promise<void> => retarget(others());
    try {
      await retarget([...others(), target]);
      await untilScraped(this.prometheus, [target]);
    } catch (err) {
      await process[Symbol.asyncDispose]();
      throw err;
    }
    return {
      process,
      target,
      forget,
      [Symbol.asyncDispose]: async () => {
        await forget();
        await process[Symbol.asyncDispose]();
      },
    };
  }
}

/** Nothing that was acknowledged is lost when it is killed; and the second gateway's user. */
const REDIS_ARGS = [
  ...['--appendonly', 'yes', '--appendfsync', 'always'],
  ...['--user', OWN_USER, 'on', `>${OWN_PASSWORD}`, '~*', '&*', '+@all'],
];

/** Twice, or what happens now would be where its counters begin, and no rise. */
async function untilScraped(prometheus: PrometheusProcess, targets: readonly string[]): Promise<void> {
  const all = targets.join('|');
  await eventually(
    async () =>
      (await prometheus.query(`count_over_time(up{instance=~"${all}"}[1h]) >= 2 and up == 1`)).length ===
      targets.length,
    { deadlineMs: SCRAPE_DEADLINE_MS, describe: () => `Prometheus has not been everywhere: ${all}` },
  );
}

function hostOf({ internalUrl }: { readonly internalUrl: string }): string {
  return new URL(internalUrl).host;
}

function jobsOf({ inbound, archive, events }: ObservedServices): Readonly<Record<string, readonly string[]>> {
  return {
    'outcry-inbound': [hostOf(inbound)],
    [ARCHIVES]: [hostOf(archive)],
    'outcry-events': [hostOf(events)],
  };
}

export function internalPortOf(publisher: ServiceProcess): number {
  const record = publisher.log.find(({ msg }) => msg === 'feed publisher started');
  if (typeof record?.['internalPort'] !== 'number') throw new Error('expected a publisher that has started');
  return record['internalPort'];
}

function hookSettings(hooks: HookServer): GatewaySettings {
  return { hooksSecret: SECRET, hooksJoinUrl: hooks.urlOf('join'), hooksPlainHttp: true, hooksDeadlineMs: 5000 };
}

function startPublisherAt({ url }: RedisProcess, { port }: PortLease): Promise<ServiceProcess> {
  return startPublisher({ redisUrl: url, internalPort: port, feed: { symbols: 'BTCUSDT', ...LEASES } });
}
