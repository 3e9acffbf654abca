import type { BrokerPart, BrokerStatus } from '@outcry/broker';

import type { Check } from './check.ts';

/** Which Redises there are, and which of them can be used. */
export class ShardChecks {
  readonly #status = new Map<string, BrokerStatus>();

  show(status: BrokerStatus, { shard }: Pick<BrokerPart, 'shard'>): void {
    this.#status.set(shard, status);
  }

  /** One each. By itself none of them keeps traffic away. */
  get all(): readonly Check[] {
    return [...this.#status].map(([part, status]) => ({
      name: 'shard',
      part,
      reason: status === 'up' ? undefined : `${part} is unavailable`,
    }));
  }
}
