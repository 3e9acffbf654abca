import { OutcryError } from '@outcry/broker';
import { Backoff, delay, type PartitionTerm, type WakeUps } from '@outcry/worker';

import type { Delivery } from '../delivery/delivery.ts';
import type { SourceMetrics } from '../observability/inbound-metrics.ts';
import type { OutboxStore } from './outbox-store.ts';

export interface OutboxReaderOptions {
  readonly store: Pick<OutboxStore, 'claim' | 'read' | 'settle'>;
  readonly delivery: Pick<Delivery, 'deliver'>;
  /** By partition: that there may be rows. */
  readonly wakeUps: WakeUps;
  /** How often it looks where nobody says that there is something. */
  readonly pollMs: number;
  readonly metrics: Pick<SourceMetrics, 'countSourceFault'>;
  readonly onFault: (err: OutcryError) => void;
}

/**
 * Reads a partition of the outbox for as long as a term lasts: a page of rows, its delivery, its removal. A process that ends
 * between the last two has published what is read again: whoever reads it again publishes it under the same key.
 */
export class OutboxReader {
  readonly #options: OutboxReaderOptions;

  constructor(options: OutboxReaderOptions) {
    this.#options = options;
  }

  async read(term: PartitionTerm): Promise<void> {
    const backoff = new Backoff();
    let isClaimed = false;
    while (!term.signal.aborted) {
      try {
        if (!isClaimed) await this.#options.store.claim(term);
        isClaimed = true;
        await this.#readPage(term, backoff);
      } catch (err) {
        if (!(err instanceof OutcryError)) throw err;
        // Whoever claimed it has the lease; this process is told of that by the lease itself.
        this.#options.metrics.countSourceFault();
        this.#options.onFault(err);
        await delay(backoff.nextMs(), term.signal);
      }
    }
  }

  async #readPage(term: PartitionTerm, backoff: Backoff): Promise<void> {
    const { store, delivery, wakeUps, pollMs } = this.#options;
    wakeUps.arm(term.partition);
    const messages = await store.read(term);
    if (messages.length === 0) {
      backoff.reset();
      await wakeUps.wait(term.partition, pollMs, term.signal);
      return;
    }
    const { published, refused, fault } = await delivery.deliver(messages, term.signal);
    if (published.length > 0 || refused.length > 0) await store.settle({ published, refused });
    if (fault === undefined) backoff.reset();
    else await delay(backoff.nextMs(), term.signal);
  }
}
