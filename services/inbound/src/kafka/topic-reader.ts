import { OutcryError } from '@outcry/broker';
import { Backoff, delay } from '@outcry/worker';

import type { Delivered, Delivery } from '../delivery/delivery.ts';
import type { SourceMetrics } from '../observability/inbound-metrics.ts';
import { OpenPage } from './open-page.ts';
import type { LogPage, RecordLog } from './record-log.ts';

export interface TopicReaderOptions {
  readonly log: Pick<RecordLog, 'read' | 'putAside'>;
  /** One for each topic: two may have records of one place. */
  readonly deliveryOf: (topic: string) => Pick<Delivery, 'deliver'>;
  readonly metrics: Pick<SourceMetrics, 'countSourceFault' | 'countRefused'>;
  readonly onFound: () => void;
  readonly onFault: (err: OutcryError) => void;
}

/**
 * Reads topics as one of a group: a page of records, its delivery, and for each partition the place up to which all is done with. That
 * place only ever moves over records that are published or put aside, so a process that ends leaves the others to whoever reads on,
 * who publishes those that had gone out under the same key: that is no second message.
 */
export class TopicReader {
  readonly #options: TopicReaderOptions;
  #page: OpenPage | undefined;

  constructor(options: TopicReaderOptions) {
    this.#options = options;
  }

  /** When the oldest record was written that is on its way; undefined where there is none. */
  get oldest(): number | undefined {
    return this.#page?.oldest;
  }

  async read(signal: AbortSignal): Promise<void> {
    const { log, metrics, onFound, onFault } = this.#options;
    const backoff = new Backoff();
    while (!signal.aborted) {
      try {
        for await (const page of log.read(signal)) {
          onFound();
          await this.#deliver(page, signal);
          backoff.reset();
        }
      } catch (err) {
        if (!(err instanceof OutcryError)) throw err;
        metrics.countSourceFault();
        onFault(err);
        await delay(backoff.nextMs(), signal);
      } finally {
        this.#page = undefined;
      }
    }
  }

  /** Until all of the page is done with, or it is time to end. What could not be published is brought again, and nothing else of it. */
  async #deliver(read: LogPage, signal: AbortSignal): Promise<void> {
    const page = new OpenPage(read.records);
    this.#page = page;
    const backoff = new Backoff();
    // Those that nobody brings for their length alone; the others are counted where they are refused.
    for (const { refusal } of await this.#putAside(page)) this.#options.metrics.countRefused(refusal.reason);
    await this.#settle(read, page);
    while (page.oldest !== undefined && !signal.aborted) {
      const outcomes = await this.#deliverOpen(page, signal);
      await this.#putAside(page);
      await this.#settle(read, page);
      if (outcomes.every(({ fault }) => fault === undefined)) backoff.reset();
      else await delay(backoff.nextMs(), signal);
    }
    this.#page = undefined;
  }

  #deliverOpen(page: OpenPage, signal: AbortSignal): Promise<readonly Delivered[]> {
    return Promise.all(
      [...page.open].map(async ([topic, messages]) => {
        const outcome = await this.#options.deliveryOf(topic).deliver(messages, signal);
        page.finish(topic, outcome);
        return outcome;
      }),
    );
  }

  /** Before their places are settled: whoever is killed between the two puts them aside again, and loses none. */
  async #putAside(page: OpenPage): Promise<ReturnType<OpenPage['takeRefused']>> {
    const refused = page.takeRefused();
    if (refused.length > 0) await this.#options.log.putAside(refused);
    return refused;
  }

  /**
   * Where the partitions have been divided anew, whoever has them now reads from the former places. The rest of the page is published
   * all the same: it may be this service that reads on behind it.
   */
  async #settle(read: LogPage, page: OpenPage): Promise<void> {
    const places = page.takePlaces();
    if (places.length === 0) return;
    try {
      await read.settle(places);
    } catch (err) {
      if (!(err instanceof OutcryError && err.code === 'fenced')) throw err;
    }
  }
}
