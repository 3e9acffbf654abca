import { PARTITION_COUNT, partitionOf } from './partition.ts';
import type { BrokerPart, BrokerStatus } from './status.ts';

/** The status of each partition, as a broker's handler is told it. */
export class PartitionStatus {
  readonly #isUp = new Uint8Array(PARTITION_COUNT);
  #upCount: number;

  constructor(status: BrokerStatus) {
    this.#isUp.fill(status === 'up' ? 1 : 0);
    this.#upCount = status === 'up' ? PARTITION_COUNT : 0;
  }

  /** Of all partitions, how much is up: from 0 to 1. */
  get upShare(): number {
    return this.#upCount / PARTITION_COUNT;
  }

  show(status: BrokerStatus, { partitions }: Pick<BrokerPart, 'partitions'>): void {
    for (const partition of partitions) this.#isUp[partition] = status === 'up' ? 1 : 0;
    this.#upCount = this.#isUp.reduce((sum, one) => sum + one, 0);
  }

  /** Of the room, or the symbol, of that name. */
  of(name: string): BrokerStatus {
    return this.#isUp[partitionOf(name)] === 1 ? 'up' : 'down';
  }
}
