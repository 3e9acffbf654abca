import { PARTITION_COUNT, partitionOf } from './partition.ts';
import type { BrokerPart, BrokerStatus } from './status.ts';

/**
 * Of what is shared, as much has to be up for a node to be of use. What it does not hear the others mostly do not hear, either: below
 * this they may be better off, above it clients are better served here than by nobody (decision 73).
 */
const MIN_UP_SHARE = 0.5;

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

  /** Whether enough is up for a node to be ready. */
  get isEnough(): boolean {
    return this.upShare >= MIN_UP_SHARE;
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
