import { randomUUID } from 'node:crypto';
import { RedisAccountStore } from '../accounts/redis-store.ts';
import { RedisControlBus } from '../control/redis-bus.ts';
import { RedisFeedBus } from '../feeds/redis-bus.ts';
import type { Intake } from '../intake.ts';
import { RedisLease } from '../leases/redis-lease.ts';
import { RedisSharedLimits } from '../limits/redis-shared-limits.ts';
import { RedisNodeRoster } from '../nodes/redis-node-roster.ts';
import { RedisPublisherRoster } from '../nodes/redis-publisher-roster.ts';
import { OutcryError } from '../outcry-error.ts';
import { PRESENCE_LEASE } from '../presence/defaults.ts';
import type { LeaseTimes } from '../presence/lease-keeper.ts';
import { LeasedPresence } from '../presence/leased-presence.ts';
import { RedisPresenceTable } from '../presence/redis-table.ts';
import { RedisConnection } from '../redis/connection.ts';
import type { BackplaneEvents } from '../redis/events.ts';
import { KeySpace } from '../redis/keys.ts';
import { Loopback, loopbackChannel } from '../redis/loopback.ts';
import { Recovery } from '../redis/recovery.ts';
import { assertServerVersion } from '../redis/server-version.ts';
import { Subscriber } from '../redis/subscriber.ts';
import { RedisRevocationList } from '../revocations/redis-list.ts';
import type { BrokerHandler } from '../rooms/broker.ts';
import { IDEMPOTENCY_WINDOW_MS } from '../rooms/defaults.ts';
import { RoomKeys } from '../rooms/keys.ts';
import { RedisBroker } from '../rooms/redis-broker.ts';
import type { BrokerStatus } from '../status.ts';
import type { Backplane } from './backplane.ts';

const DEAF = 'what was published did not come back';
/** A client that publishes is to hear of a failure within 2 s. */
const COMMAND_TIMEOUT_MS = 1500;

export interface RedisBackplaneOptions {
  /** `redis://` or `rediss://`, with user, password and database where needed. */
  readonly url: string;
  /** Begins every name in Redis; clusters with different prefixes do not see each other. */
  readonly prefix?: string | undefined;
  /** After this a command fails, whether or not it may still be carried out. Not longer than the 3 s between two pings. */
  readonly commandTimeoutMs?: number | undefined;
  /** How long a publish with an idempotency key is remembered. */
  readonly idempotencyWindowMs?: number | undefined;
  /** The same on every node. */
  readonly presenceLease?: LeaseTimes | undefined;
  readonly events?: BackplaneEvents | undefined;
}

/**
 * A backplane over one Redis (7 or newer): two connections, one for commands and one that listens.
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
  readonly #commands: RedisConnection;
  readonly #listener: RedisConnection;
  readonly #subscriber: Subscriber;
  readonly #recovery: Recovery;
  readonly #loopback: Loopback;
  #handler: BrokerHandler | undefined;

  constructor(options: RedisBackplaneOptions) {
    const { url, prefix = 'outcry', commandTimeoutMs = COMMAND_TIMEOUT_MS, events = {} } = options;
    const keys = new KeySpace(prefix);
    const connect = (name: string): RedisConnection =>
      new RedisConnection(
        { url, name, commandTimeoutMs },
        {
          handleReady: () => {
            this.#recovery.hurry();
          },
          handleLost: (fault) => {
            this.#handleLost(fault);
          },
        },
      );
    this.#events = events;
    this.#commands = connect(`${prefix}:commands`);
    this.#listener = connect(`${prefix}:subscriber`);
    this.#subscriber = new Subscriber(this.#listener);
    this.intake = this.#listener;
    this.#recovery = this.#createRecovery();
    this.#loopback = this.#createLoopback(loopbackChannel(keys, randomUUID()));
    const parts = { commands: this.#commands, subscriber: this.#subscriber, keys, events };
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
    this.presence = new LeasedPresence(table, options.presenceLease ?? PRESENCE_LEASE);
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

  async start(handler: BrokerHandler): Promise<void> {
    this.#handler = handler;
    this.broker.start(handler);
    try {
      await Promise.all([this.#commands.connect(), this.#listener.connect()]);
      await this.#loopback.listen();
      assertServerVersion(await this.#commands.run((redis) => redis.info('server')), this.#commands.address);
    } catch (error) {
      await this.close();
      throw error;
    }
    // Where a connection has been lost already, the recovery says when it is back.
    if (this.#recovery.isUp) this.#handleStatus('up');
  }

  async close(): Promise<void> {
    this.#recovery.close();
    this.#loopback.stop();
    this.presence.close();
    await Promise.all([this.broker.close(), this.#commands.close(), this.#listener.close()]);
  }

  #createRecovery(): Recovery {
    return new Recovery({
      restore: async () => {
        // A node without rooms is whole only if it can publish, too.
        await Promise.all([this.#commands.run((redis) => redis.ping()), this.#subscriber.resubscribe()]);
        await this.#assertHearing();
        await Promise.all([this.broker.catchUp(), this.revocations.catchUp()]);
      },
      handleStatus: (status) => {
        this.#handleStatus(status);
      },
      handleFault: (fault) => this.#events.onFault?.(fault),
    });
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
    if (status === 'up') this.#loopback.start();
    else this.#loopback.stop();
    this.presence.handleStatus(status);
    this.#handler?.handleStatus(status);
  }

  #handleLost(fault: OutcryError): void {
    this.#events.onFault?.(fault);
    this.#recovery.handleBroken();
  }
}
