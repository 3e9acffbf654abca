import { OutcryError } from '@outcry/broker';
import { Backoff, delay, type PartitionTerm } from '@outcry/worker';

import type { Delivery } from '../delivery/delivery.ts';
import { type InboundMessage, type Refusal, RefusalReason } from '../delivery/inbound-message.ts';
import type { SourceMetrics } from '../observability/inbound-metrics.ts';
import type { StreamPage, StreamRequest, StreamStore } from './stream-store.ts';

export interface StreamReaderOptions {
  readonly store: Pick<StreamStore, 'claim' | 'read' | 'settle' | 'wait'>;
  readonly delivery: Pick<Delivery, 'deliver'>;
  /** How long it waits at a time. */
  readonly pollMs: number;
  readonly metrics: Pick<SourceMetrics, 'countSourceFault' | 'countRefused'>;
  readonly onFault: (err: OutcryError) => void;
}

/**
 * Reads a stream for as long as a term lasts: a page of entries, its delivery, and the place up to which all is done with. That place
 * only ever moves over entries that are published or put aside, so a process that ends leaves the others to whoever reads on, who
 * publishes those that had gone out under the same key: that is no second message.
 */
export class StreamReader {
  readonly #options: StreamReaderOptions;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
  }

  async read({ partition: stream, fence, signal }: PartitionTerm): Promise<void> {
    const { store, pollMs, metrics, onFault } = this.#options;
    const request = { stream, fence };
    const backoff = new Backoff();
    let isClaimed = false;
    while (!signal.aborted) {
      try {
        if (!isClaimed) await store.claim(request);
        isClaimed = true;
        const page = await store.read(request);
        if (page.messages.length > 0) await this.#deliver(request, page, signal);
        else await store.wait(request, pollMs, signal);
        backoff.reset();
      } catch (err) {
        if (!(err instanceof OutcryError)) throw err;
        // Whoever claimed it has the lease; this process is told of that by the lease itself.
        metrics.countSourceFault();
        onFault(err);
        await delay(backoff.nextMs(), signal);
      }
    }
  }

  /** Until all of the page is done with, or the term is over. What could not be published is brought again, and nothing else of it. */
  async #deliver(request: StreamRequest, { messages, tooLong }: StreamPage, signal: AbortSignal): Promise<void> {
    const { delivery, metrics } = this.#options;
    const backoff = new Backoff();
    const refusals = new Map<string, Refusal>();
    for (const id of tooLong) {
      metrics.countRefused(RefusalReason.DataTooLarge);
      refusals.set(id, { id, reason: RefusalReason.DataTooLarge, detail: 'the entry is too long to be looked at' });
    }
    let open: readonly InboundMessage[] = messages.filter(({ id }) => !tooLong.has(id));
    let settled = 0;
    while (settled < messages.length && !signal.aborted) {
      const { published, refused, fault } = await delivery.deliver(open, signal);
      for (const refusal of refused) refusals.set(refusal.id, refusal);
      const done = new Set([...published, ...refused.map(({ id }) => id)]);
      open = open.filter(({ id }) => !done.has(id));
      const first = open[0];
      const end = first === undefined ? messages.length : messages.indexOf(first);
      const last = messages[end - 1];
      if (last !== undefined && end > settled) {
        const over = messages.slice(settled, end).flatMap(({ id }) => refusals.get(id) ?? []);
        await this.#options.store.settle(request, { upTo: last.id, refused: over });
        settled = end;
      }
      if (fault === undefined) backoff.reset();
      else await delay(backoff.nextMs(), signal);
    }
  }
}
