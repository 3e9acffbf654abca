import type { BrokerPart, BrokerStatus } from '@outcry/broker';

import type { Check } from './check.ts';
import { ShardHealth } from './shard-health.ts';

/** Which Redises there are, and which of them can be used. */
export class ShardChecks {
  readonly #isUp = new Map<string, boolean>();
  readonly #health = new ShardHealth({
    show: (shard, value) => {
      this.#isUp.set(shard, value === 1);
    },
    forget: (shard) => {
      this.#isUp.delete(shard);
    },
  });

  show(status: BrokerStatus, part: BrokerPart): void {
    this.#health.show(status, part);
  }

  /** One each. By itself none of them keeps traffic away. */
  get all(): readonly Check[] {
    return [...this.#isUp].map(([part, isUp]) => ({
      name: 'shard',
      part,
      reason: isUp ? undefined : `${part} is unavailable`,
    }));
  }
}
