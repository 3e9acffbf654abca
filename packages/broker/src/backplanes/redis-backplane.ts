import { RedisAccountStore } from '../accounts/redis-store.ts';
import { RedisControlBus } from '../control/redis-bus.ts';
import { RedisFeedBus } from '../feeds/redis-bus.ts';
import type { Intake } from '../intake.ts';
import { RedisLease } from '../leases/redis-lease.ts';
import { RedisSharedLimits } from '../limits/redis-shared-limits.ts';
import { RedisNodeRoster } from '../nodes/redis-node-roster.ts';
import { RedisPublisherRoster } from '../nodes/redis-publisher-roster.ts';
import { UnwritableError } from '../outcry-error.ts';
import type { Outlet } from '../outlet.ts';
import { PRESENCE_LEASE } from '../presence/defaults.ts';
import { DividedPresence } from '../presence/divided-presence.ts';
import type { LeaseTimes } from '../presence/lease-keeper.ts';
import { LeasedPresence } from '../presence/leased-presence.ts';
import { RedisPresenceTable } from '../presence/redis-table.ts';
import type { PresenceStore } from '../presence/store.ts';
import { createRoutes } from '../redis/create-route.ts';
import type { BackplaneEvents } from '../redis/events.ts';
import { KeySpace } from '../redis/keys.ts';
import type { ServerInfo } from '../redis/server-info.ts';
import type { Shard } from '../redis/shard.ts';
import { Shards } from '../redis/shards.ts';
import { type Credentials, parseTopology } from '../redis/topology.ts';
import { REVOCATIONS } from '../revocations/keys.ts';
import { RedisRevocationList } from '../revocations/redis-list.ts';
import type { BrokerHandler } from '../rooms/broker.ts';
import { IDEMPOTENCY_WINDOW_MS } from '../rooms/defaults.ts';
import { RoomKeys } from '../rooms/keys.ts';
import { RedisBroker } from '../rooms/redis-broker.ts';
import type { BrokerStatus } from '../status.ts';
import type { StorageStatus } from '../storage.ts';
import type { Backplane } from './backplane.ts';

/** A client that publishes is to hear of a failure within 2 s. */
const COMMAND_TIMEOUT_MS = 1500;
/** Redis and the services are often started together. Who starts the service again gives it more. */
const START_TIMEOUT_MS = 10_000;

export interface RedisBackplaneOptions {
  /**
   * One Redis (`redis://`, `rediss://`, `redis+unix://`) or its sentinels (`redis+sentinel://a,b,c/name`), with user and password where
   * needed; or several of them with commas between them, in the same order on every node.
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
  readonly events?: BackplaneEvents | undefined;
}

/**
 * A backplane over one Redis (7 or newer), which may be another one behind a failover of its sentinels, or over several that share the
 * rooms: two connections to each, one for commands and one that listens.
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
  readonly intake: Intake;
  readonly outlet: Outlet;
  readonly #startTimeoutMs: number;
  readonly #shards: Shards;
  readonly #presences: ReadonlyMap<Shard, LeasedPresence>;
  #handler: BrokerHandler | undefined;

  constructor(options: RedisBackplaneOptions) {
    const { prefix = 'outcry', events = {} } = options;
    const keys = new KeySpace(prefix);
    this.#startTimeoutMs = options.startTimeoutMs ?? START_TIMEOUT_MS;
    this.#shards = this.#createShards(options, keys);
    this.intake = this.#shards.intake;
    this.outlet = this.#shards.outlet;
    const parts = { redis: this.#shards.router, keys, events };
    this.feedBus = new RedisFeedBus(parts);
    this.lease = new RedisLease(parts);
    this.roster = new RedisPublisherRoster(parts);
    this.control = new RedisControlBus(parts);
    this.nodes = new RedisNodeRoster(parts);
    this.limits = new RedisSharedLimits({ ...parts, nodes: this.nodes });
    this.accounts = new RedisAccountStore(parts);
    this.revocations = new RedisRevocationList(parts);
    const rooms = new RoomKeys(keys);
    const channelOf = (room: string): string => rooms.of(room).channel;
    const createPresence = (shard: Shard): LeasedPresence => {
      const table = new RedisPresenceTable({ ...parts, partitions: shard.part.partitions, channelOf });
      return new LeasedPresence(table, options.presenceLease ?? PRESENCE_LEASE, () => void shard.storeAgain());
    };
    this.#presences = new Map(this.#shards.all.map((shard) => [shard, createPresence(shard)]));
    this.presence = new DividedPresence([...this.#presences.values()], (room) =>
      this.#presenceOf(this.#shards.of(room)),
    );
    this.broker = new RedisBroker({
      ...parts,
      keys: rooms,
      idempotencyWindowMs: options.idempotencyWindowMs ?? IDEMPOTENCY_WINDOW_MS,
      onStalled: (room) => {
        this.#shards.of(room).handleBroken();
      },
      onMember: (event) => {
        this.#presenceOf(this.#shards.of(event.room)).deliver(event);
      },
    });
  }

  get server(): ServerInfo | undefined {
    return this.#shards.server;
  }

  get storage(): StorageStatus {
    return this.#shards.storage;
  }

  async start(handler: BrokerHandler): Promise<void> {
    this.#handler = handler;
    this.broker.start(handler);
    try {
      await this.#shards.start(performance.now() + this.#startTimeoutMs);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#shards.stop();
    for (const presence of this.#presences.values()) presence.close();
    await Promise.all([this.broker.close(), this.#shards.close()]);
  }

  #createShards(options: RedisBackplaneOptions, keys: KeySpace): Shards {
    const { prefix = 'outcry', commandTimeoutMs = COMMAND_TIMEOUT_MS, events = {} } = options;
    const routes = createRoutes(parseTopology(options.url, options.sentinel));
    const requiresReplicas = options.requiresReplicas ?? false;
    return new Shards(
      { routes, keys, prefix, commandTimeoutMs, requiresReplicas },
      {
        catchUp: (shard) => this.#catchUp(shard),
        storeAgain: (shard) => this.#storeAgain(shard),
        handleStatus: (status, shard) => {
          this.#handleStatus(status, shard);
        },
        handleStorage: (storage) => events.onStorage?.(storage),
        handleServer: (server) => events.onServer?.(server),
        handleFault: (fault) => events.onFault?.(fault),
      },
    );
  }

  async #catchUp(shard: Shard): Promise<void> {
    await Promise.all([
      this.broker.catchUp((room) => shard.holds(room)),
      shard.holds(REVOCATIONS) ? unlessUnwritable(this.revocations.catchUp()) : undefined,
    ]);
  }

  async #storeAgain(shard: Shard): Promise<void> {
    await Promise.all([
      this.broker.storeAgain((room) => shard.holds(room)),
      shard.holds(REVOCATIONS) ? this.revocations.catchUp() : undefined,
    ]);
  }

  #handleStatus(status: BrokerStatus, shard: Shard): void {
    this.#presenceOf(shard).handleStatus(status);
    this.#handler?.handleStatus(status, shard.part);
  }

  #presenceOf(shard: Shard): LeasedPresence {
    const presence = this.#presences.get(shard);
    if (presence === undefined) throw new TypeError('expected a shard of this backplane');
    return presence;
  }
}

async function unlessUnwritable(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof UnwritableError)) throw error;
  }
}
