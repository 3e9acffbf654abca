import { RedisAccountStore } from '../accounts/redis-store.ts';
import { RedisControlBus } from '../control/redis-bus.ts';
import { RedisEventJournal } from '../events/redis-journal.ts';
import type { ToldEvents } from '../events/telling.ts';
import { RedisFeedBus } from '../feeds/redis-bus.ts';
import { RedisIdentities } from '../identities/redis-identities.ts';
import type { Intake } from '../intake.ts';
import { RedisLease } from '../leases/redis-lease.ts';
import { RedisSharedLimits } from '../limits/redis-shared-limits.ts';
import { RedisNodeRoster } from '../nodes/redis-node-roster.ts';
import { RedisPublisherRoster } from '../nodes/redis-publisher-roster.ts';
import { OutcryError, UnwritableError } from '../outcry-error.ts';
import { partitionOf } from '../partition.ts';
import { PRESENCE_LEASE } from '../presence/defaults.ts';
import { DividedPresence } from '../presence/divided-presence.ts';
import type { LeaseTimes } from '../presence/lease-keeper.ts';
import { LeasedPresence } from '../presence/leased-presence.ts';
import { RedisPresenceTable } from '../presence/redis-table.ts';
import type { PresenceStore } from '../presence/store.ts';
import { ClusterShards } from '../redis/cluster/cluster-shards.ts';
import { createRoutes } from '../redis/create-route.ts';
import type { BackplaneEvents } from '../redis/events.ts';
import { GatherWindow } from '../redis/connection/gathering.ts';
import { KeySpace } from '../redis/keys.ts';
import type { ServerInfo } from '../redis/server/server-info.ts';
import type { ServerReport } from '../redis/server/server-report.ts';
import type { Scope, Servers, ServersPort } from '../redis/servers.ts';
import { Shards } from '../redis/shard-list/shards.ts';
import { type Credentials, parseTopology } from '../redis/routes/topology.ts';
import { REVOCATIONS } from '../revocations/keys.ts';
import { RedisRevocationList } from '../revocations/redis-list.ts';
import type { BrokerHandler } from '../rooms/broker.ts';
import { IDEMPOTENCY_WINDOW_MS } from '../rooms/defaults.ts';
import { RoomKeys } from '../rooms/keys.ts';
import { RedisArchiveSource } from '../rooms/redis-archive-source.ts';
import { RedisBroker } from '../rooms/redis-broker.ts';
import type { BrokerPart, BrokerStatus } from '../status.ts';
import type { StorageStatus } from '../storage.ts';
import type { Backplane } from './backplane.ts';

/** A client that publishes is to hear of a failure within 2 s. */
const COMMAND_TIMEOUT_MS = 1500;
/** Redis and the services are often started together. */
const START_TIMEOUT_MS = 10_000;

export interface RedisBackplaneOptions {
  /**
   * One Redis (`redis://`, `rediss://`, `redis+unix://`) or its sentinels (`redis+sentinel://a,b,c/name`), with user and password where
   * needed; or several of them with commas between them, in the same order on every node; or a Redis Cluster
   * (`redis+cluster://a,b,c`).
   */
  readonly url: string;
  /** As whom to log in at the sentinels, where they want to know. */
  readonly sentinel?: Credentials | undefined;
  /** Refuses a Redis that takes writes while no replica would get them. */
  readonly requiresReplicas?: boolean | undefined;
  /** Begins every name in Redis; clusters with different prefixes do not see each other. */
  readonly prefix?: string | undefined;
  /** After this a command fails, whether or not it may still be carried out. Not longer than the 3 s between two pings. */
  readonly commandTimeoutMs?: number | undefined;
  /** How long `start` waits for a Redis that cannot be reached. */
  readonly startTimeoutMs?: number | undefined;
  /** How long a publish with an idempotency key is remembered. */
  readonly idempotencyWindowMs?: number | undefined;
  /** The same on every node. */
  readonly presenceLease?: LeaseTimes | undefined;
  /** Who is written down as coming and going; unset: nobody. The same on every node. */
  readonly told?: ToldEvents | undefined;
  readonly events?: BackplaneEvents | undefined;
}

/**
 * A backplane over one Redis (7 or newer), which may be another one behind a failover of its sentinels, over several that share the
 * rooms, or over a Redis Cluster: two connections to each, one for commands and one that listens.
 *
 * @throws OutcryError `badConfig` where the URL or the prefix is none
 */
export function createRedisBackplane(options: RedisBackplaneOptions): Backplane {
  return new RedisBackplane(options);
}

class RedisBackplane implements Backplane {
  readonly broker: RedisBroker;
  readonly feedBus: RedisFeedBus;
  readonly lease: RedisLease;
  readonly roster: RedisPublisherRoster;
  readonly control: RedisControlBus;
  readonly nodes: RedisNodeRoster;
  readonly limits: RedisSharedLimits;
  readonly accounts: RedisAccountStore;
  readonly revocations: RedisRevocationList;
  readonly presence: PresenceStore;
  readonly events: RedisEventJournal;
  readonly archive: RedisArchiveSource;
  readonly identities: RedisIdentities;
  readonly intake: Intake;
  readonly outlet = new GatherWindow();
  readonly #startTimeoutMs: number;
  readonly #events: BackplaneEvents;
  readonly #servers: Servers;
  /** By partition; those that stay together have the same one. */
  readonly #presences: readonly LeasedPresence[];
  #handler: BrokerHandler | undefined;
  #isStarting = false;
  #awaits: string | undefined;

  constructor(options: RedisBackplaneOptions) {
    const { prefix = 'outcry', events = {} } = options;
    const keys = new KeySpace(prefix);
    this.#startTimeoutMs = options.startTimeoutMs ?? START_TIMEOUT_MS;
    this.#events = events;
    this.#servers = this.#createServers(options, keys);
    this.intake = this.#servers.intake;
    const parts = { redis: this.#servers.router, keys, events };
    this.feedBus = new RedisFeedBus(parts);
    this.lease = new RedisLease(parts);
    this.roster = new RedisPublisherRoster(parts);
    this.control = new RedisControlBus(parts);
    this.nodes = new RedisNodeRoster(parts);
    this.limits = new RedisSharedLimits({ ...parts, nodes: this.nodes });
    this.accounts = new RedisAccountStore(parts);
    this.revocations = new RedisRevocationList(parts);
    const rooms = new RoomKeys(keys);
    this.events = new RedisEventJournal({ ...parts, maxEntries: options.told?.maxEntries });
    this.archive = new RedisArchiveSource({ ...parts, keys: rooms });
    this.identities = new RedisIdentities(parts);
    const channelOf = (room: string): string => rooms.of(room).channel;
    const createPresence = (partitions: readonly number[]): LeasedPresence => {
      const table = new RedisPresenceTable({ ...parts, partitions, channelOf, told: options.told });
      const storeAgain = (): void => void this.#reviewStored(scopeOf(partitions), events);
      return new LeasedPresence(table, options.presenceLease ?? PRESENCE_LEASE, storeAgain);
    };
    const presences = this.#servers.parts.map((partitions) => ({ partitions, presence: createPresence(partitions) }));
    this.#presences = presences.flatMap(({ partitions, presence }) => partitions.map(() => presence));
    this.presence = new DividedPresence(
      presences.map(({ presence }) => presence),
      (room) => this.#presenceOf(room),
    );
    this.broker = new RedisBroker({
      ...parts,
      keys: rooms,
      idempotencyWindowMs: options.idempotencyWindowMs ?? IDEMPOTENCY_WINDOW_MS,
      onStalled: (room) => {
        this.#servers.handleStalled(room);
      },
      onMember: (event) => {
        this.#presenceOf(event.room).deliver(event);
      },
    });
  }

  get server(): ServerInfo | undefined {
    return this.#servers.server;
  }

  get storage(): StorageStatus {
    return this.#servers.storage;
  }

  reportServers(): Promise<readonly ServerReport[]> {
    return this.#servers.report();
  }

  get unarchivedCount(): number {
    return this.broker.unarchivedCount;
  }

  get awaits(): string | undefined {
    return this.#awaits;
  }

  async start(handler: BrokerHandler): Promise<void> {
    this.#handler = handler;
    this.broker.start(handler);
    this.#isStarting = true;
    try {
      await this.#servers.start(performance.now() + this.#startTimeoutMs);
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      this.#isStarting = false;
      this.#awaits = undefined;
    }
  }

  async close(): Promise<void> {
    this.#servers.stop();
    for (const presence of new Set(this.#presences)) presence.close();
    await Promise.all([this.broker.close(), this.#servers.close()]);
  }

  #createServers(options: RedisBackplaneOptions, keys: KeySpace): Servers {
    const { prefix = 'outcry', commandTimeoutMs = COMMAND_TIMEOUT_MS, events = {} } = options;
    const topology = parseTopology(options.url, options.sentinel);
    const requiresReplicas = options.requiresReplicas ?? false;
    const shared = { keys, prefix, commandTimeoutMs, requiresReplicas, gathering: this.outlet };
    const port: ServersPort = {
      catchUp: (scope) => this.#catchUp(scope),
      storeAgain: (scope) => this.#storeAgain(scope),
      handleStatus: (status, part) => {
        this.#handleStatus(status, part);
      },
      handleStorage: (storage) => events.onStorage?.(storage),
      handleServer: (server) => events.onServer?.(server),
      handleFault: (fault) => {
        this.#handleFault(fault);
      },
    };
    if (topology.kind === 'cluster') return new ClusterShards({ ...shared, cluster: topology }, port);
    return new Shards({ ...shared, routes: createRoutes(topology) }, port);
  }

  async #catchUp(scope: Scope): Promise<void> {
    await Promise.all([
      this.broker.catchUp((room) => scope.holds(room)),
      scope.holds(REVOCATIONS) ? unlessUnwritable(this.revocations.catchUp()) : undefined,
    ]);
  }

  async #storeAgain(scope: Scope): Promise<void> {
    await Promise.all([
      this.broker.storeAgain((room) => scope.holds(room)),
      scope.holds(REVOCATIONS) ? this.revocations.catchUp() : undefined,
    ]);
  }

  /** In case it was forgotten, as it may be without `noeviction`. */
  async #reviewStored(scope: Scope, events: BackplaneEvents): Promise<void> {
    try {
      await this.#storeAgain(scope);
    } catch (error) {
      if (error instanceof OutcryError && error.code !== 'closed') events.onFault?.(error);
    }
  }

  #handleStatus(status: BrokerStatus, part: BrokerPart): void {
    const presences = new Set(part.partitions.map((partition) => this.#presences[partition]));
    for (const presence of presences) presence?.handleStatus(status);
    this.#handler?.handleStatus(status, part);
  }

  #handleFault(fault: OutcryError): void {
    if (this.#isStarting) {
      this.#awaits = fault.message;
      this.#events.onWaiting?.(fault);
    } else this.#events.onFault?.(fault);
  }

  #presenceOf(room: string): LeasedPresence {
    const presence = this.#presences[partitionOf(room)];
    if (presence === undefined) throw new TypeError('expected presence in each partition');
    return presence;
  }
}

function scopeOf(partitions: readonly number[]): Scope {
  const own = new Set(partitions);
  return { holds: (name) => own.has(partitionOf(name)) };
}

async function unlessUnwritable(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof UnwritableError)) throw error;
  }
}
