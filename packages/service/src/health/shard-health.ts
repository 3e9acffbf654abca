import { type BrokerPart, type BrokerStatus, PARTITION_COUNT } from '@outcry/broker';

export interface ShardHealthPort {
  show(shard: string, value: 0 | 1): void;
  /** There is no such shard any more. */
  forget(shard: string): void;
}

/**
 * Shows of which shards live delivery is whole. The servers of a Redis Cluster hand partitions to each other: one that has none any more
 * is shown no longer, and one of which a part is missing is not whole.
 */
export class ShardHealth {
  readonly #port: ShardHealthPort;
  /** Of each partition, the shard that has it, and whether it is heard. */
  readonly #shards: (string | undefined)[] = Array.from({ length: PARTITION_COUNT }, () => undefined);
  readonly #isUp = new Uint8Array(PARTITION_COUNT);

  constructor(port: ShardHealthPort) {
    this.#port = port;
  }

  show(status: BrokerStatus, { shard, partitions }: BrokerPart): void {
    const concerned = new Set([shard]);
    for (const partition of partitions) {
      const former = this.#shards[partition];
      if (former !== undefined) concerned.add(former);
      this.#shards[partition] = shard;
      this.#isUp[partition] = status === 'up' ? 1 : 0;
    }
    for (const one of concerned) this.#showOne(one);
  }

  #showOne(shard: string): void {
    const own = [...this.#shards.keys()].filter((partition) => this.#shards[partition] === shard);
    if (own.length === 0) this.#port.forget(shard);
    else this.#port.show(shard, own.every((partition) => this.#isUp[partition] === 1) ? 1 : 0);
  }
}
