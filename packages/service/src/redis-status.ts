import {
  type Backplane,
  type BrokerHandler,
  type BrokerPart,
  type BrokerStatus,
  PartitionStatus,
} from '@outcry/broker';

import type { Check } from './health/check.ts';
import { ShardChecks } from './health/shard-checks.ts';
import { whyAway } from './health/why-away.ts';

/** For services that join no room: all that they hear from the broker is which of its Redises are there. */
export class RedisStatus implements BrokerHandler {
  readonly #backplane: Pick<Backplane, 'awaits'>;
  readonly #partitions = new PartitionStatus('down');
  readonly #shards = new ShardChecks();
  readonly #onDown: () => void;

  /** @param onDown one of them is not there any more, or not yet */
  constructor(backplane: Pick<Backplane, 'awaits'>, onDown: () => void = () => undefined) {
    this.#backplane = backplane;
    this.#onDown = onDown;
  }

  /** Whether all of them are. */
  get isUp(): boolean {
    return this.#partitions.upShare === 1;
  }

  /** Why the service should get nothing to do. One Redis of many takes what it has along, and nothing else. */
  notReady(): string | undefined {
    return this.#partitions.isEnough ? undefined : 'redis unavailable';
  }

  /** All of them together, and each. */
  get checks(): readonly Check[] {
    const reason = whyAway(this.notReady(), this.#backplane);
    return [{ name: 'broker', reason, isBlocking: true }, ...this.#shards.all];
  }

  handleStatus(status: BrokerStatus, part: BrokerPart): void {
    this.#partitions.show(status, part);
    this.#shards.show(status, part);
    if (status === 'down') this.#onDown();
  }

  handleMessage(): void {
    // No room is joined.
  }

  handleSignal(): void {
    // No room is joined.
  }

  handleReset(): void {
    // No room is joined.
  }
}
