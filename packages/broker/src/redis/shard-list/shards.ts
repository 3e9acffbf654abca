import type { Intake } from '../../intake.ts';
import { PARTITION_COUNT, partitionOf } from '../../partition.ts';
import { type StorageStatus, WRITABLE } from '../../storage.ts';
import type { KeySpace } from '../keys.ts';
import type { Route } from '../routes/route.ts';
import type { ServerInfo } from '../server/server-info.ts';
import { reportOf, type ServerReport } from '../server/server-report.ts';
import { intakeOf, serverOf, type Servers, type ServersPort, storageOf } from '../servers.ts';
import { Shard, type ShardOptions, type ShardPort } from '../shard/shard.ts';
import { ShardRouter } from './shard-router.ts';

export interface ShardsOptions extends Omit<ShardOptions, 'route' | 'partitions' | 'cluster'> {
  readonly keys: KeySpace;
  /** To each of the servers, in the order that says which partitions are whose. */
  readonly routes: readonly Route[];
}

/**
 * Servers that know nothing of each other. Each has an equal part of the partitions, in their order, so who is where follows from the list
 * alone.
 */
export class Shards implements Servers {
  readonly router: ShardRouter;
  readonly intake: Intake;
  readonly parts: readonly (readonly number[])[];
  readonly #all: readonly Shard[];
  readonly #port: ServersPort;
  /** By partition. */
  readonly #owners: readonly Shard[];
  #storage: StorageStatus = WRITABLE;

  constructor({ routes, ...options }: ShardsOptions, port: ServersPort) {
    this.#port = port;
    this.parts = partitionsOfEach(routes.length);
    this.#all = routes.map(
      (route, i) => new Shard({ ...options, route, partitions: this.parts[i] ?? [] }, this.#createPort(port)),
    );
    this.#owners = this.#all.flatMap((shard) => shard.part.partitions.map(() => shard));
    this.router = new ShardRouter(options.keys, this.#owners);
    const [first, ...others] = this.#all;
    this.intake = first !== undefined && others.length === 0 ? first.listener : intakeOf(() => this.#all);
  }

  get storage(): StorageStatus {
    return storageOf(this.#all);
  }

  get server(): ServerInfo | undefined {
    return serverOf(this.#all);
  }

  report(): Promise<readonly ServerReport[]> {
    return Promise.all(this.#all.map(reportOf));
  }

  async start(deadline: number): Promise<void> {
    await Promise.all(this.#all.map((shard) => shard.prepare(deadline)));
    for (const shard of this.#all) shard.begin();
  }

  handleStalled(name: string): void {
    this.#owners[partitionOf(name)]?.handleBroken();
  }

  stop(): void {
    for (const shard of this.#all) shard.stop();
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((shard) => shard.close()));
  }

  #createPort(port: ServersPort): ShardPort {
    return {
      ...port,
      handleStatus: (status, { part }) => {
        port.handleStatus(status, part);
      },
      handleStorage: () => {
        this.#showStorage();
      },
    };
  }

  #showStorage(): void {
    const { storage } = this;
    if (storage === this.#storage) return;
    this.#storage = storage;
    this.#port.handleStorage(storage);
  }
}

/** Equal parts of neighbours, as near as can be. */
export function partitionsOfEach(shards: number): readonly (readonly number[])[] {
  const start = (shard: number): number => Math.ceil((shard * PARTITION_COUNT) / shards);
  return Array.from({ length: shards }, (_, shard) =>
    Array.from({ length: start(shard + 1) - start(shard) }, (__, i) => start(shard) + i),
  );
}
