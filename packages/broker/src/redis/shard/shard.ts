import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { OutcryError, UnwritableError } from '../../outcry-error.ts';
import { PARTITION_COUNT, partitionOf } from '../../partition.ts';
import type { BrokerPart, BrokerStatus } from '../../status.ts';
import type { StorageStatus } from '../../storage.ts';
import { backoffMs } from '../pacing/backoff.ts';
import { type ConnectionOptions, RedisConnection } from '../connection/connection.ts';
import { LastingFault, REPLICA_WORDS, type WriteRefusal } from '../faults/fault.ts';
import type { GatherWindow } from '../connection/gathering.ts';
import type { KeySpace } from '../keys.ts';
import { Loopback, loopbackChannel } from '../health/loopback.ts';
import { isInStep, leadsToPrimary } from '../server/primary-search.ts';
import { Recovery } from '../health/recovery.ts';
import { RedirectError } from '../faults/redirect.ts';
import { Rounds } from '../health/rounds.ts';
import type { Route } from '../routes/route.ts';
import { assertReplicated, assertUsable, readField, readServerInfo, type ServerInfo } from '../server/server-info.ts';
import { ServerLine } from '../server/server-line.ts';
import { StorageWatch } from '../health/storage-watch.ts';
import { type ChannelListener, Subscriber } from '../connection/subscriber.ts';

const DEAF = 'what was published did not come back';

export interface ShardOptions {
  readonly route: Route;
  readonly keys: KeySpace;
  readonly prefix: string;
  /** That are its own: others are on other shards. */
  readonly partitions: readonly number[];
  readonly commandTimeoutMs: number;
  readonly requiresReplicas: boolean;
  readonly gathering: GatherWindow;
  /** What it shares with others, where it is a server of a Redis Cluster. */
  readonly cluster?: ClusterTies;
}

export interface ClusterTies {
  /** Of all servers. What is listened to at which of them is not a shard's to know (cluster/cluster-partition.ts). */
  readonly listeners: Map<string, ChannelListener>;
  /** It does not have all slots any more that it had. */
  readonly handleMoved: () => void;
}

/** What a shard calls. Nothing of it throws. */
export interface ShardPort {
  /** What is listened to is heard again: reads what was missed meanwhile. Rejects where that cannot be done now. */
  catchUp(shard: Shard): Promise<void>;
  /** Stores what could not be stored, or may have been forgotten. Rejects where that cannot be done now. */
  storeAgain(shard: Shard): Promise<void>;
  handleStatus(status: BrokerStatus, shard: Shard): void;
  handleStorage(storage: StorageStatus): void;
  handleServer(server: ServerInfo): void;
  handleFault(fault: OutcryError): void;
}

/**
 * One Redis, which may be another one behind a failover of its sentinels, with all that is held for it: a connection for commands
 * and one that listens, what it listens to, whether it hears and whether it stores. It goes down and comes up by itself.
 */
export class Shard {
  readonly commands: RedisConnection;
  /** That commands are on. */
  readonly line: ServerLine;
  readonly listener: RedisConnection;
  readonly subscriber: Subscriber;
  /** Whether it takes writes. */
  readonly storage: StorageWatch;
  readonly #holds = new Uint8Array(PARTITION_COUNT);
  readonly #port: ShardPort;
  readonly #route: Route;
  readonly #requiresReplicas: boolean;
  readonly #cluster: ClusterTies | undefined;
  readonly #keys: KeySpace;
  readonly #commandOptions: ConnectionOptions;
  readonly #recovery: Recovery;
  readonly #loopback: Loopback;
  readonly #rounds: Rounds;
  #partitions: readonly number[] = [];
  /**
   * A name that is never taken: changing what is there proves that Redis takes writes, and leaves nothing behind. It is the channel
   * of the loopback, too. Undefined where the server has no partition to have it in.
   */
  #probeKey: string | undefined;
  #server: ServerInfo | undefined;
  #stopWatching: (() => void) | undefined;
  #isStarted = false;
  #isUp = false;
  /** Connected to a replica that hears its primary. */
  #isFollowing = false;
  /** Of connections; and how many of them there had been when it was last found to be whole. */
  #losses = 0;
  #outlived = 0;

  constructor(options: ShardOptions, port: ShardPort) {
    const { route, keys, prefix, commandTimeoutMs, gathering, cluster } = options;
    this.#port = port;
    this.#route = route;
    this.#requiresReplicas = options.requiresReplicas;
    this.#cluster = cluster;
    this.#keys = keys;
    this.#take(options.partitions);
    this.#commandOptions = { server: route, name: `${prefix}:commands`, commandTimeoutMs, gathering };
    this.storage = this.#createStorageWatch();
    this.commands = this.#connect(this.#commandOptions);
    this.line = new ServerLine(this.commands);
    this.listener = this.#connect({ server: route, name: `${prefix}:subscriber`, commandTimeoutMs });
    this.subscriber = new Subscriber(this.listener, { isSharded: cluster !== undefined, ...cluster });
    this.#recovery = this.#createRecovery();
    this.#loopback = this.#createLoopback();
    this.#rounds = new Rounds({
      look: () => void this.storage.look(),
      listen: () => {
        this.#loopback.beat();
      },
    });
  }

  get part(): BrokerPart {
    return { shard: this.#route.shown, partitions: this.#partitions };
  }

  /** It is heard, and what is listened to as well. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** As it was when it was last found; undefined before that. */
  get server(): ServerInfo | undefined {
    return this.#server;
  }

  /** Whether it has the partition of a room, or a symbol, of that name. */
  holds(name: string): boolean {
    return this.#holds[partitionOf(name)] === 1;
  }

  /** Other partitions are its own from now on: the servers of a Redis Cluster hand them to each other. */
  holdOnly(partitions: readonly number[]): void {
    const probeKey = this.#probeKey;
    this.#take(partitions);
    if (this.#probeKey === probeKey) return;
    if (probeKey !== undefined) void this.subscriber.remove(probeKey);
    if (this.#isUp) void this.#listenToItself();
  }

  /** Connects, and makes all whole. `begin` follows. @throws OutcryError; `close` has to follow then */
  async prepare(deadline: number): Promise<void> {
    this.#stopWatching = this.#route.watch((address) => {
      for (const connection of [this.commands, this.listener]) connection.moveTo(address);
    });
    await Promise.all([this.commands.connect(deadline), this.listener.connect(deadline)]);
    await this.#makeWhole(deadline);
  }

  /** Is up from now on, and keeps itself so; even where it has been lost since it was prepared. */
  begin(): void {
    this.#isStarted = true;
    this.#rounds.start();
    this.#handleStatus('up');
    if (this.#losses !== this.#outlived) this.#recovery.handleBroken();
  }

  /** Live delivery can no longer be vouched for. */
  handleBroken(): void {
    this.#recovery.handleBroken();
  }

  /** What is to be kept here in case Redis forgets it to make room, as it may without `noeviction`, or could not store it. */
  async storeAgain(): Promise<void> {
    try {
      await this.#port.storeAgain(this);
    } catch (error) {
      if (error instanceof OutcryError && error.code !== 'closed') this.#port.handleFault(error);
    }
  }

  /** Does nothing any more. What is asked for behind this rejects. */
  stop(): void {
    this.#stopWatching?.();
    this.#recovery.close();
    this.#loopback.stop();
    this.#rounds.stop();
  }

  async close(): Promise<void> {
    this.stop();
    await Promise.all([this.commands.close(), this.listener.close()]);
  }

  #take(partitions: readonly number[]): void {
    this.#partitions = partitions;
    this.#holds.fill(0);
    for (const partition of partitions) this.#holds[partition] = 1;
    const stays = this.#probeKey !== undefined && this.#holds[this.#keys.partitionIn(this.#probeKey)] === 1;
    if (!stays) this.#probeKey = this.#createProbeKey();
  }

  /** In any of its partitions: one that is on its way to another server can be asked for nothing. */
  #createProbeKey(): string | undefined {
    const { length } = this.#partitions;
    if (length === 0) return undefined;
    return loopbackChannel(this.#keys, randomUUID(), this.#partitions[randomInt(length)]);
  }

  async #listenToItself(): Promise<void> {
    this.#loopback.stop();
    try {
      await this.#loopback.listen();
      if (this.#isUp) this.#loopback.start();
    } catch {
      this.#recovery.handleBroken();
    }
  }

  #connect(options: ConnectionOptions): RedisConnection {
    return new RedisConnection(options, {
      handleReady: () => {
        this.#recovery.hurry();
      },
      handleLost: (fault) => {
        this.#handleLost(fault);
      },
      handleRefused: (fault) => {
        this.#port.handleFault(fault);
      },
      handleUnwritable: (refusal) => {
        this.#handleUnwritable(refusal);
      },
      handleMoved: () => this.#cluster?.handleMoved(),
    });
  }

  /** Until the deadline, what can pass is waited for; so is a connection that is lost again before it has been of use. */
  async #makeWhole(deadline: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.#outlived = this.#losses;
      try {
        await this.#loopback.listen();
        await this.#restore();
        if (this.#losses === this.#outlived) return;
      } catch (error) {
        const canPass =
          error instanceof OutcryError && error.code === 'unavailable' && !(error instanceof LastingFault);
        if (!canPass || performance.now() >= deadline) throw error;
        this.#port.handleFault(error);
      }
      await delay(backoffMs(attempt));
    }
  }

  /** @throws OutcryError `badConfig` where the Redis is of no use, or `unavailable`, or `closed` */
  async #inspect(): Promise<void> {
    const server = await this.commands.run((redis) => redis.info('server'));
    assertUsable(server, this.commands.address, this.#cluster !== undefined);
    const rest = await this.commands.run((redis) => redis.info('memory', 'replication'));
    this.#server = readServerInfo(server + rest);
    this.line.learn(rest);
    if (this.#requiresReplicas) assertReplicated(this.#server, this.commands.address);
    this.#port.handleServer(this.#server);
  }

  #createRecovery(): Recovery {
    return new Recovery({
      restore: () => this.#restore(),
      handleStatus: (status) => {
        this.#handleStatus(status);
      },
      handleFault: (fault) => {
        this.#port.handleFault(fault);
      },
    });
  }

  /** Makes live delivery whole, or rejects where that cannot be done now. */
  async #restore(): Promise<void> {
    await this.#inspect();
    try {
      await Promise.all([this.#assertDelivering(), this.#resubscribe()]);
    } catch (error) {
      if (error instanceof RedirectError) this.#probeKey = this.#createProbeKey();
      throw error;
    }
    await this.#assertHearing();
    await this.#port.catchUp(this);
  }

  /** Of a cluster, what is listened to is each partition's own to see to, once its server is up. */
  #resubscribe(): Promise<void> {
    return this.#cluster === undefined ? this.subscriber.resubscribe() : this.#loopback.listen();
  }

  /**
   * A primary delivers, even where it stores nothing now. A replica takes a PUBLISH, to nobody, and is of use only while it
   * hears its primary; its name may lead elsewhere by now.
   */
  async #assertDelivering(): Promise<void> {
    this.#isFollowing = false;
    try {
      await this.storage.probe();
    } catch (error) {
      if (!(error instanceof UnwritableError)) throw error;
      const replication = await this.#inspectReplication();
      if (readField(replication, 'role') !== 'slave') return;
      this.#isFollowing = !this.#route.isToPrimary && isInStep(replication);
      if (this.#isFollowing) return;
      this.commands.reconnect(REPLICA_WORDS);
      throw error;
    }
  }

  #createStorageWatch(): StorageWatch {
    return new StorageWatch({
      probe: () => this.#probeStorage(),
      handleStorage: (storage) => {
        // Before anything is written: a replica may have become a primary where it is.
        this.line.forget();
        this.#port.handleStorage(storage);
        if (storage.state === 'writable' && this.#isStarted) void this.storeAgain();
      },
      handleUnwritable: () => (this.#isFollowing ? this.#seekPrimary() : Promise.resolve()),
    });
  }

  async #probeStorage(): Promise<void> {
    if (this.#probeKey !== undefined) await this.commands.probe(this.#probeKey);
  }

  #handleUnwritable({ storage, isReplica }: WriteRefusal): void {
    this.storage.note(storage);
    if (isReplica && !this.#isFollowing && this.#isUp) this.#recovery.handleBroken();
  }

  /** Goes on with a replica while it hears its primary, and until the address leads to one that takes writes. */
  async #seekPrimary(): Promise<void> {
    const isHearing = await this.#inspectReplication().then(isInStep, () => true);
    if (!isHearing) this.#recovery.handleBroken();
    const options = { ...this.#commandOptions, name: `${this.#commandOptions.name}:search` };
    if (this.#probeKey === undefined || !(await leadsToPrimary(options, this.#probeKey))) return;
    if (await this.#isWritable()) return;
    for (const connection of [this.commands, this.listener]) connection.reconnect('its address leads elsewhere');
  }

  /** A replica may have become the primary where it is. */
  #isWritable(): Promise<boolean> {
    return this.storage.probe().then(
      () => true,
      () => false,
    );
  }

  #inspectReplication(): Promise<string> {
    return this.commands.run((redis) => redis.info('replication'));
  }

  /** Where there is no channel to listen to, nothing can be said on it, which proves nothing. */
  #createLoopback(): Loopback {
    return new Loopback({
      listen: async (listener) => {
        if (this.#probeKey !== undefined) await this.subscriber.add(this.#probeKey, listener);
      },
      send: async (payload) => {
        const channel = this.#probeKey;
        if (channel === undefined) throw new OutcryError('unavailable', 'no partition');
        const isSharded = this.#cluster !== undefined;
        await this.commands.run((redis) =>
          isSharded ? redis.spublish(channel, payload) : redis.publish(channel, payload),
        );
      },
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
      throw new OutcryError('unavailable', `Redis at ${this.listener.address}: ${DEAF}`);
    }
  }

  #reconnectDeaf(): void {
    this.listener.reconnect(DEAF);
  }

  #handleStatus(status: BrokerStatus): void {
    this.#isUp = status === 'up';
    if (status === 'up') {
      for (const connection of [this.commands, this.listener]) connection.trust();
      this.#loopback.start();
    } else this.#loopback.stop();
    this.#port.handleStatus(status, this);
  }

  #handleLost(fault: OutcryError): void {
    this.#losses += 1;
    this.line.forget();
    this.#port.handleFault(fault);
    if (this.#isStarted) this.#recovery.handleBroken();
  }
}
