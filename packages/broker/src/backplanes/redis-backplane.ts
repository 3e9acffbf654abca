import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { RedisAccountStore } from '../accounts/redis-store.ts';
import { RedisControlBus } from '../control/redis-bus.ts';
import { RedisFeedBus } from '../feeds/redis-bus.ts';
import type { Intake } from '../intake.ts';
import { RedisLease } from '../leases/redis-lease.ts';
import { RedisSharedLimits } from '../limits/redis-shared-limits.ts';
import { RedisNodeRoster } from '../nodes/redis-node-roster.ts';
import { RedisPublisherRoster } from '../nodes/redis-publisher-roster.ts';
import { OutcryError, UnwritableError } from '../outcry-error.ts';
import { PRESENCE_LEASE } from '../presence/defaults.ts';
import type { LeaseTimes } from '../presence/lease-keeper.ts';
import { LeasedPresence } from '../presence/leased-presence.ts';
import { RedisPresenceTable } from '../presence/redis-table.ts';
import { backoffMs } from '../redis/backoff.ts';
import { type ConnectionOptions, RedisConnection } from '../redis/connection.ts';
import { createRoute } from '../redis/create-route.ts';
import type { BackplaneEvents } from '../redis/events.ts';
import { REPLICA_WORDS, type WriteRefusal } from '../redis/fault.ts';
import { KeySpace } from '../redis/keys.ts';
import { Loopback, loopbackChannel } from '../redis/loopback.ts';
import { isInStep, leadsToPrimary } from '../redis/primary-search.ts';
import { Recovery } from '../redis/recovery.ts';
import type { Route } from '../redis/route.ts';
import { assertReplicated, assertUsable, readField, readServerInfo, type ServerInfo } from '../redis/server-info.ts';
import { StorageWatch } from '../redis/storage-watch.ts';
import { Subscriber } from '../redis/subscriber.ts';
import { type Credentials, parseTopology } from '../redis/topology.ts';
import { RedisRevocationList } from '../revocations/redis-list.ts';
import type { BrokerHandler } from '../rooms/broker.ts';
import { IDEMPOTENCY_WINDOW_MS } from '../rooms/defaults.ts';
import { RoomKeys } from '../rooms/keys.ts';
import { RedisBroker } from '../rooms/redis-broker.ts';
import type { BrokerStatus } from '../status.ts';
import type { StorageStatus } from '../storage.ts';
import type { Backplane } from './backplane.ts';

const DEAF = 'what was published did not come back';
/** A client that publishes is to hear of a failure within 2 s. */
const COMMAND_TIMEOUT_MS = 1500;
/** Redis and the services are often started together. Who starts the service again gives it more. */
const START_TIMEOUT_MS = 10_000;

export interface RedisBackplaneOptions {
  /** One Redis (`redis://`, `rediss://`, `redis+unix://`) or its sentinels (`redis+sentinel://a,b,c/name`), with user and password where needed. */
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
 * A backplane over one Redis (7 or newer), which may be another one behind a failover of its sentinels: two connections, one for commands and one that listens.
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
  readonly presence: LeasedPresence;
  readonly intake: Intake;
  readonly #events: BackplaneEvents;
  readonly #startTimeoutMs: number;
  readonly #requiresReplicas: boolean;
  /** A name that is never taken: changing what is there proves that Redis takes writes, and leaves nothing behind. */
  readonly #probeKey: string;
  readonly #storage: StorageWatch;
  readonly #route: Route;
  readonly #commandOptions: ConnectionOptions;
  readonly #commands: RedisConnection;
  readonly #listener: RedisConnection;
  readonly #subscriber: Subscriber;
  readonly #recovery: Recovery;
  readonly #loopback: Loopback;
  #handler: BrokerHandler | undefined;
  #server: ServerInfo | undefined;
  #stopWatching: (() => void) | undefined;
  #isStarted = false;
  #isUp = false;
  /** Connected to a replica that hears its primary. */
  #isFollowing = false;
  /** Of connections. */
  #losses = 0;

  constructor(options: RedisBackplaneOptions) {
    const { url, prefix = 'outcry', commandTimeoutMs = COMMAND_TIMEOUT_MS, events = {} } = options;
    const keys = new KeySpace(prefix);
    const server = createRoute(parseTopology(url, options.sentinel));
    this.#route = server;
    this.#events = events;
    this.#requiresReplicas = options.requiresReplicas ?? false;
    this.#startTimeoutMs = options.startTimeoutMs ?? START_TIMEOUT_MS;
    this.#commandOptions = { server, name: `${prefix}:commands`, commandTimeoutMs };
    this.#storage = this.#createStorageWatch();
    this.#commands = this.#connect(this.#commandOptions);
    this.#listener = this.#connect({ server, name: `${prefix}:subscriber`, commandTimeoutMs });
    this.#subscriber = new Subscriber(this.#listener);
    this.intake = this.#listener;
    this.#recovery = this.#createRecovery();
    this.#probeKey = loopbackChannel(keys, randomUUID());
    this.#loopback = this.#createLoopback(this.#probeKey);
    const parts = { commands: this.#commands, subscriber: this.#subscriber, keys, events, storage: this.#storage };
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
    const table = new RedisPresenceTable({ ...parts, channelOf });
    this.presence = new LeasedPresence(table, options.presenceLease ?? PRESENCE_LEASE, () => {
      void this.#storeAgain();
    });
    this.broker = new RedisBroker({
      ...parts,
      keys: rooms,
      idempotencyWindowMs: options.idempotencyWindowMs ?? IDEMPOTENCY_WINDOW_MS,
      onStalled: () => {
        this.#recovery.handleBroken();
      },
      onMember: (event) => {
        this.presence.deliver(event);
      },
    });
  }

  get server(): ServerInfo | undefined {
    return this.#server;
  }

  get storage(): StorageStatus {
    return this.#storage.status;
  }

  async start(handler: BrokerHandler): Promise<void> {
    this.#handler = handler;
    this.broker.start(handler);
    this.#stopWatching = this.#route.watch((address) => {
      for (const connection of [this.#commands, this.#listener]) connection.moveTo(address);
    });
    try {
      const deadline = performance.now() + this.#startTimeoutMs;
      await Promise.all([this.#commands.connect(deadline), this.#listener.connect(deadline)]);
      await this.#prepare(deadline);
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#isStarted = true;
    this.#storage.start();
    this.#handleStatus('up');
  }

  async close(): Promise<void> {
    this.#stopWatching?.();
    this.#recovery.close();
    this.#loopback.stop();
    this.#storage.stop();
    this.presence.close();
    await Promise.all([this.broker.close(), this.#commands.close(), this.#listener.close()]);
  }

  #connect(options: ConnectionOptions): RedisConnection {
    return new RedisConnection(options, {
      handleReady: () => {
        this.#recovery.hurry();
      },
      handleLost: (fault) => {
        this.#handleLost(fault);
      },
      handleRefused: (fault) => this.#events.onFault?.(fault),
      handleUnwritable: (refusal) => {
        this.#handleUnwritable(refusal);
      },
    });
  }

  /** Until the deadline, what can pass is waited for; so is a connection that is lost again before it has been of use. */
  async #prepare(deadline: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const losses = this.#losses;
      try {
        await this.#loopback.listen();
        await this.#restore();
        if (losses === this.#losses) return;
      } catch (error) {
        const canPass = error instanceof OutcryError && error.code === 'unavailable';
        if (!canPass || performance.now() >= deadline) throw error;
        this.#events.onFault?.(error);
      }
      await delay(backoffMs(attempt));
    }
  }

  /** @throws OutcryError `badConfig` where the Redis is of no use, or `unavailable`, or `closed` */
  async #inspect(): Promise<void> {
    const server = await this.#commands.run((redis) => redis.info('server'));
    assertUsable(server, this.#commands.address);
    const rest = await this.#commands.run((redis) => redis.info('memory', 'replication'));
    this.#server = readServerInfo(server + rest);
    if (this.#requiresReplicas) assertReplicated(this.#server, this.#commands.address);
    this.#events.onServer?.(this.#server);
  }

  #createRecovery(): Recovery {
    return new Recovery({
      restore: () => this.#restore(),
      handleStatus: (status) => {
        this.#handleStatus(status);
      },
      handleFault: (fault) => this.#events.onFault?.(fault),
    });
  }

  /** Makes live delivery whole, or rejects where that cannot be done now. */
  async #restore(): Promise<void> {
    await this.#inspect();
    await Promise.all([this.#assertDelivering(), this.#subscriber.resubscribe()]);
    await this.#assertHearing();
    await Promise.all([this.broker.catchUp(), unlessUnwritable(this.revocations.catchUp())]);
  }

  /**
   * A primary delivers, even where it stores nothing now. A replica takes a PUBLISH, to nobody, and is of use only while it
   * hears its primary; its name may lead elsewhere by now.
   */
  async #assertDelivering(): Promise<void> {
    this.#isFollowing = false;
    try {
      await this.#storage.probe();
    } catch (error) {
      if (!(error instanceof UnwritableError)) throw error;
      const replication = await this.#inspectReplication();
      if (readField(replication, 'role') !== 'slave') return;
      this.#isFollowing = !this.#route.isToPrimary && isInStep(replication);
      if (this.#isFollowing) return;
      this.#commands.reconnect(REPLICA_WORDS);
      throw error;
    }
  }

  #createStorageWatch(): StorageWatch {
    return new StorageWatch({
      probe: () => this.#commands.probe(this.#probeKey),
      handleStorage: (storage) => {
        this.#events.onStorage?.(storage);
        if (storage.state === 'writable' && this.#isStarted) void this.#storeAgain();
      },
      handleUnwritable: () => (this.#isFollowing ? this.#seekPrimary() : Promise.resolve()),
    });
  }

  #handleUnwritable({ storage, isReplica }: WriteRefusal): void {
    this.#storage.note(storage);
    if (isReplica && !this.#isFollowing && this.#isUp) this.#recovery.handleBroken();
  }

  /** Goes on with a replica while it hears its primary, and until the address leads to one that takes writes. */
  async #seekPrimary(): Promise<void> {
    const isHearing = await this.#inspectReplication().then(isInStep, () => true);
    if (!isHearing) this.#recovery.handleBroken();
    const options = { ...this.#commandOptions, name: `${this.#commandOptions.name}:search` };
    if (!(await leadsToPrimary(options, this.#probeKey)) || (await this.#isWritable())) return;
    for (const connection of [this.#commands, this.#listener]) connection.reconnect('its address leads elsewhere');
  }

  /** A replica may have become the primary where it is. */
  #isWritable(): Promise<boolean> {
    return this.#storage.probe().then(
      () => true,
      () => false,
    );
  }

  #inspectReplication(): Promise<string> {
    return this.#commands.run((redis) => redis.info('replication'));
  }

  /** What is kept here in case Redis forgets it to make room, as it may without `noeviction`, or could not store it. */
  async #storeAgain(): Promise<void> {
    try {
      await Promise.all([this.broker.storeAgain(), this.revocations.catchUp()]);
    } catch (error) {
      if (error instanceof OutcryError && error.code !== 'closed') this.#events.onFault?.(error);
    }
  }

  #createLoopback(channel: string): Loopback {
    return new Loopback({
      listen: (listener) => this.#subscriber.add(channel, listener),
      send: (payload) => this.#commands.run((redis) => redis.publish(channel, payload)),
      onDeaf: () => {
        this.#reconnectDeaf();
      },
    });
  }

  /** A name may lead to a server that nobody publishes to, again and again: acknowledged channels prove nothing. */
  async #assertHearing(): Promise<void> {
    try {
      await this.#loopback.probe();
    } catch {
      this.#reconnectDeaf();
      throw new OutcryError('unavailable', `Redis at ${this.#listener.address}: ${DEAF}`);
    }
  }

  #reconnectDeaf(): void {
    this.#listener.reconnect(DEAF);
  }

  #handleStatus(status: BrokerStatus): void {
    this.#isUp = status === 'up';
    if (status === 'up') {
      for (const connection of [this.#commands, this.#listener]) connection.trust();
      this.#loopback.start();
    } else this.#loopback.stop();
    this.presence.handleStatus(status);
    this.#handler?.handleStatus(status);
  }

  #handleLost(fault: OutcryError): void {
    this.#losses += 1;
    this.#events.onFault?.(fault);
    if (this.#isStarted) this.#recovery.handleBroken();
  }
}

async function unlessUnwritable(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof UnwritableError)) throw error;
  }
}
