import { UnwritableError } from '../../outcry-error.ts';
import type { ConnectionOptions, RedisConnection } from '../connection/connection.ts';
import { REPLICA_WORDS } from '../faults/fault.ts';
import type { StorageWatch } from '../health/storage-watch.ts';
import { isInStep, leadsToPrimary } from '../server/primary-search.ts';
import { readField } from '../server/server-info.ts';
import type { ShardPartitions } from './shard-partitions.ts';

export interface ReplicaWatchOptions {
  readonly commands: RedisConnection;
  readonly storage: StorageWatch;
  readonly partitions: ShardPartitions;
  /** The address may lead to a replica; else whoever is one is left at once. */
  readonly mayFollow: boolean;
  /** Of the connection that asks where the address leads by now. */
  readonly search: ConnectionOptions;
}

export interface ReplicaWatchPort {
  /** What is published elsewhere is not heard here any more. */
  handleBroken(): void;
  /** The address leads to another server, which takes writes. */
  handlePrimary(): void;
}

/** Goes on with a replica while it hears its primary, and until the address leads to a server that takes writes. */
export class ReplicaWatch {
  readonly #options: ReplicaWatchOptions;
  readonly #port: ReplicaWatchPort;
  #isFollowing = false;

  constructor(options: ReplicaWatchOptions, port: ReplicaWatchPort) {
    this.#options = options;
    this.#port = port;
  }

  /** Connected to a replica that hears its primary. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /**
   * A primary delivers, even where it stores nothing now. A replica takes a PUBLISH, to nobody, and is of use only while it
   * hears its primary; its name may lead elsewhere by now.
   *
   * @throws OutcryError where what is published would not be heard
   */
  async assertDelivering(): Promise<void> {
    const { commands, storage, mayFollow } = this.#options;
    this.#isFollowing = false;
    try {
      await storage.probe();
    } catch (error) {
      if (!(error instanceof UnwritableError)) throw error;
      const replication = await this.#inspectReplication();
      if (readField(replication, 'role') !== 'slave') return;
      this.#isFollowing = mayFollow && isInStep(replication);
      if (this.#isFollowing) return;
      commands.reconnect(REPLICA_WORDS);
      throw error;
    }
  }

  /** Behind each look that finds that nothing can be written. Never rejects. */
  async look(): Promise<void> {
    if (!this.#isFollowing) return;
    const isHearing = await this.#inspectReplication().then(isInStep, () => true);
    if (!isHearing) this.#port.handleBroken();
    const { partitions, search } = this.#options;
    const { probeKey } = partitions;
    if (probeKey === undefined || !(await leadsToPrimary(search, probeKey))) return;
    if (!(await this.#isWritable())) this.#port.handlePrimary();
  }

  /** A replica may have become the primary where it is. */
  #isWritable(): Promise<boolean> {
    return this.#options.storage.probe().then(
      () => true,
      () => false,
    );
  }

  #inspectReplication(): Promise<string> {
    return this.#options.commands.run((redis) => redis.info('replication'));
  }
}
