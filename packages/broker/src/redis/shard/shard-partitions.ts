import { randomInt, randomUUID } from 'node:crypto';
import { PARTITION_COUNT, partitionOf } from '../../partition.ts';
import { loopbackChannel } from '../health/loopback.ts';
import type { KeySpace } from '../keys.ts';

/** The partitions that a shard has at the moment, and a name of its own in one of them. */
export class ShardPartitions {
  readonly #keys: KeySpace;
  readonly #holds = new Uint8Array(PARTITION_COUNT);
  #numbers: readonly number[] = [];
  #probeKey: string | undefined;

  constructor(keys: KeySpace, numbers: readonly number[]) {
    this.#keys = keys;
    this.replace(numbers);
  }

  get numbers(): readonly number[] {
    return this.#numbers;
  }

  /**
   * A name that is never taken: changing what is there proves that Redis takes writes, and leaves nothing behind. It is the channel
   * of the loopback, too. Undefined where the server has no partition to have it in.
   */
  get probeKey(): string | undefined {
    return this.#probeKey;
  }

  /** Whether it has the partition of a room, or a symbol, of that name. */
  holds(name: string): boolean {
    return this.#holds[partitionOf(name)] === 1;
  }

  /** It has these and no others. The name of its own stays while its partition does. */
  replace(numbers: readonly number[]): void {
    this.#numbers = numbers;
    this.#holds.fill(0);
    for (const number of numbers) this.#holds[number] = 1;
    const stays = this.#probeKey !== undefined && this.#holds[this.#keys.partitionIn(this.#probeKey)] === 1;
    if (!stays) this.renewProbeKey();
  }

  /** In any of its partitions: one that is on its way to another server can be asked for nothing. */
  renewProbeKey(): void {
    const { length } = this.#numbers;
    this.#probeKey =
      length === 0 ? undefined : loopbackChannel(this.#keys, randomUUID(), this.#numbers[randomInt(length)]);
  }
}
