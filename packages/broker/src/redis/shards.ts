import type { Intake } from '../intake.ts';
import type { Outlet } from '../outlet.ts';
import { PARTITION_COUNT, partitionOf } from '../partition.ts';
import { type StorageStatus, WRITABLE } from '../storage.ts';
import type { KeySpace } from './keys.ts';
import type { Route } from './route.ts';
import type { ServerInfo } from './server-info.ts';
import { Shard, type ShardOptions, type ShardPort } from './shard.ts';
import { ShardRouter } from './shard-router.ts';

export interface ShardsOptions extends Omit<ShardOptions, 'route' | 'partitions'> {
  readonly keys: KeySpace;
  /** To each of the servers, in the order that says which partitions are whose. */
  readonly routes: readonly Route[];
}

export interface ShardsPort extends ShardPort {
  /** Of all of them together: the worst there is. */
  handleStorage(storage: StorageStatus): void;
}

/** The servers of a cluster. Each has an equal part of the partitions, in their order, so who is where follows from the list alone. */
export class Shards {
  readonly all: readonly Shard[];
  readonly router: ShardRouter;
  readonly intake: Intake;
  readonly outlet: Outlet;
  readonly #port: ShardsPort;
  /** By partition. */
  readonly #owners: readonly Shard[];
  #storage: StorageStatus = WRITABLE;

  constructor({ routes, ...options }: ShardsOptions, port: ShardsPort) {
    this.#port = port;
    const partitions = partitionsOfEach(routes.length);
    this.all = routes.map(
      (route, i) => new Shard({ ...options, route, partitions: partitions[i] ?? [] }, this.#createPort(port)),
    );
    this.#owners = this.all.flatMap((shard) => shard.part.partitions.map(() => shard));
    this.router = new ShardRouter(options.keys, this.#owners);
    this.intake = intakeOf(this.all);
    this.outlet = {
      gatherFor: (windowMs) => {
        for (const { commands } of this.all) commands.gatherFor(windowMs);
      },
    };
  }

  /** The worst of all: what cannot be stored somewhere cannot be relied upon. */
  get storage(): StorageStatus {
    const all = this.all.map(({ storage }) => storage.status);
    return all.find(({ state }) => state === 'readOnly') ?? all.find(({ state }) => state === 'full') ?? WRITABLE;
  }

  /** One that may forget what is stored, where there is such a one. */
  get server(): ServerInfo | undefined {
    const servers = this.all.map(({ server }) => server).filter((server) => server !== undefined);
    return servers.find(({ evictionPolicy }) => !['', 'noeviction'].includes(evictionPolicy)) ?? servers[0];
  }

  /** That of a room, or a symbol. */
  of(name: string): Shard {
    const shard = this.#owners[partitionOf(name)];
    if (shard === undefined) throw new TypeError('expected a shard for each partition');
    return shard;
  }

  /** Resolves when all are up. @throws OutcryError where one of them cannot be reached, or is of no use; `close` has to follow then */
  async start(deadline: number): Promise<void> {
    await Promise.all(this.all.map((shard) => shard.prepare(deadline)));
    for (const shard of this.all) shard.begin();
  }

  /** Nothing is called any more. */
  stop(): void {
    for (const shard of this.all) shard.stop();
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((shard) => shard.close()));
  }

  #createPort(port: ShardsPort): ShardPort {
    return {
      ...port,
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

function intakeOf(shards: readonly Shard[]): Intake {
  const [first, ...others] = shards.map(({ listener }) => listener);
  if (first !== undefined && others.length === 0) return first;
  const listeners = shards.map(({ listener }) => listener);
  return {
    hold() {
      for (const listener of listeners) listener.hold();
    },
    release() {
      for (const listener of listeners) listener.release();
    },
  };
}
