import { setTimeout as delay } from 'node:timers/promises';
import { OutcryError } from '../../outcry-error.ts';
import type { BrokerPart, BrokerStatus } from '../../status.ts';
import type { StorageStatus } from '../../storage.ts';
import { backoffMs } from '../pacing/backoff.ts';
import { type ConnectionOptions, RedisConnection } from '../connection/connection.ts';
import { LastingFault, type WriteRefusal } from '../faults/fault.ts';
import type { GatherWindow } from '../connection/gathering.ts';
import type { KeySpace } from '../keys.ts';
import { Recovery } from '../health/recovery.ts';
import { RedirectError } from '../faults/redirect.ts';
import { Rounds } from '../health/rounds.ts';
import type { Route } from '../routes/route.ts';
import { assertReplicated, assertUsable, readServerInfo, type ServerInfo } from '../server/server-info.ts';
import { ServerLine } from '../server/server-line.ts';
import { StorageWatch } from '../health/storage-watch.ts';
import { type ChannelListener, Subscriber } from '../connection/subscriber.ts';
import { Hearing } from './hearing.ts';
import { ReplicaWatch } from './replica-watch.ts';
import { ShardPartitions } from './shard-partitions.ts';

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
  readonly #partitions: ShardPartitions;
  readonly #port: ShardPort;
  readonly #route: Route;
  readonly #requiresReplicas: boolean;
  readonly #cluster: ClusterTies | undefined;
  readonly #replica: ReplicaWatch;
  readonly #recovery: Recovery;
  readonly #hearing: Hearing;
  readonly #rounds: Rounds;
  #server: ServerInfo | undefined;
  #stopWatching: (() => void) | undefined;
  #isStarted = false;
  #isUp = false;
  /** Of connections; and how many of them there had been when it was last found to be whole. */
  #losses = 0;
  #outlived = 0;

  constructor(options: ShardOptions, port: ShardPort) {
    const { route, keys, prefix, commandTimeoutMs, gathering, cluster } = options;
    this.#port = port;
    this.#route = route;
    this.#requiresReplicas = options.requiresReplicas;
    this.#cluster = cluster;
    this.#partitions = new ShardPartitions(keys, options.partitions);
    const commandOptions = { server: route, name: `${prefix}:commands`, commandTimeoutMs, gathering };
    this.storage = this.#createStorageWatch();
    this.commands = this.#connect(commandOptions);
    this.line = new ServerLine(this.commands);
    this.listener = this.#connect({ server: route, name: `${prefix}:subscriber`, commandTimeoutMs });
    this.subscriber = new Subscriber(this.listener, { isSharded: cluster !== undefined, ...cluster });
    this.#replica = this.#createReplicaWatch({ ...commandOptions, name: `${commandOptions.name}:search` });
    this.#recovery = this.#createRecovery();
    this.#hearing = this.#createHearing();
    this.#rounds = new Rounds({
      look: () => void this.storage.look(),
      listen: () => {
        this.#hearing.beat();
      },
    });
  }

  get part(): BrokerPart {
    return { shard: this.#route.shown, partitions: this.#partitions.numbers };
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
    return this.#partitions.holds(name);
  }

  /** Other partitions are its own from now on: the servers of a Redis Cluster hand them to each other. */
  holdOnly(partitions: readonly number[]): void {
    const { probeKey } = this.#partitions;
    this.#partitions.replace(partitions);
    if (this.#partitions.probeKey === probeKey) return;
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
    this.#hearing.stop();
    this.#rounds.stop();
  }

  async close(): Promise<void> {
    this.stop();
    await Promise.all([this.commands.close(), this.listener.close()]);
  }

  async #listenToItself(): Promise<void> {
    this.#hearing.stop();
    try {
      await this.#hearing.listen();
      if (this.#isUp) this.#hearing.start();
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
        await this.#hearing.listen();
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
      await Promise.all([this.#replica.assertDelivering(), this.#resubscribe()]);
    } catch (error) {
      if (error instanceof RedirectError) this.#partitions.renewProbeKey();
      throw error;
    }
    await this.#hearing.assertHearing();
    await this.#port.catchUp(this);
  }

  /** Of a cluster, what is listened to is each partition's own to see to, once its server is up. */
  #resubscribe(): Promise<void> {
    return this.#cluster === undefined ? this.subscriber.resubscribe() : this.#hearing.listen();
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
      handleUnwritable: () => this.#replica.look(),
    });
  }

  async #probeStorage(): Promise<void> {
    const { probeKey } = this.#partitions;
    if (probeKey !== undefined) await this.commands.probe(probeKey);
  }

  #handleUnwritable({ storage, isReplica }: WriteRefusal): void {
    this.storage.note(storage);
    if (isReplica && !this.#replica.isFollowing && this.#isUp) this.#recovery.handleBroken();
  }

  #createReplicaWatch(search: ConnectionOptions): ReplicaWatch {
    const { commands, storage } = this;
    return new ReplicaWatch(
      { commands, storage, partitions: this.#partitions, mayFollow: !this.#route.isToPrimary, search },
      {
        handleBroken: () => {
          this.#recovery.handleBroken();
        },
        handlePrimary: () => {
          for (const connection of [this.commands, this.listener]) connection.reconnect('its address leads elsewhere');
        },
      },
    );
  }

  #createHearing(): Hearing {
    const { commands, listener, subscriber } = this;
    const isSharded = this.#cluster !== undefined;
    return new Hearing({ commands, listener, subscriber, partitions: this.#partitions, isSharded });
  }

  #handleStatus(status: BrokerStatus): void {
    this.#isUp = status === 'up';
    if (status === 'up') {
      for (const connection of [this.commands, this.listener]) connection.trust();
      this.#hearing.start();
    } else this.#hearing.stop();
    this.#port.handleStatus(status, this);
  }

  #handleLost(fault: OutcryError): void {
    this.#losses += 1;
    this.line.forget();
    this.#port.handleFault(fault);
    if (this.#isStarted) this.#recovery.handleBroken();
  }
}
