import { type EventJournal, type Lease, OutcryError } from '@outcry/broker';
import type { Check, Logger } from '@outcry/service';
import type { HookFailure } from '@outcry/webhook';
import { Backoff, delay, type LeaseTimes, Partitions, type PartitionTerm, WakeUps } from '@outcry/worker';

import type { Delivery } from '../delivery/delivery.ts';
import type { EventsMetrics } from '../observability/events-metrics.ts';
import { SendingTerm } from './sending-term.ts';
import type { SendingConfig } from './settings.ts';

export interface SenderOptions {
  readonly journal: EventJournal;
  readonly lease: Lease;
  readonly leases: LeaseTimes;
  readonly sending: SendingConfig;
  readonly delivery: Pick<Delivery, 'tell' | 'close'>;
  readonly metrics: EventsMetrics;
  readonly logger: Logger;
}

/** The lease, and the one thing that is led. */
const LEASE = 'events';
const SELF = 'self';
/** A server that is away fails each request; the log has one line of it in this time. */
const LOG_EVERY_MS = 10_000;

/** Tells the operator's server of the events of one cluster, as long as this process holds the lease; otherwise it stands by. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #wakeUps = new WakeUps();
  readonly #partitions: Partitions;
  #current: SendingTerm | undefined;
  #isServerUp = true;
  #loggedAt = -LOG_EVERY_MS;

  constructor(options: SenderOptions) {
    this.#options = options;
    const { lease, leases: times, metrics, logger } = options;
    this.#partitions = new Partitions({
      names: [LEASE],
      leaseOf: (name) => name,
      service: SELF,
      // Nothing is divided: each would have it all, and whoever holds the lease does.
      roster: { attend: () => Promise.resolve([SELF]), leave: () => Promise.resolve() },
      lease,
      times,
      read: (term) => this.#sendFor(term),
      metrics: {
        setPartitions: (count) => {
          metrics.setSending(count > 0);
        },
        setServices: () => undefined,
        countTakeover: () => {
          metrics.countTakeover();
        },
      },
      logger,
    });
  }

  /** Whether the server took what it was told last, as far as this process tells it anything. */
  get isServerUp(): boolean {
    return this.#isServerUp;
  }

  get check(): Check {
    return { name: 'events', reason: this.#isServerUp ? undefined : 'the server of events takes nothing' };
  }

  /** Redis was away, or is another one: what it had written last may be gone. */
  doubt(): void {
    this.#current?.doubt();
  }

  /** @throws OutcryError `unavailable` or `closed`; `stop` is to be called then, too */
  start(): Promise<void> {
    return this.#partitions.start();
  }

  /** Ends what is under way and hands over. Never rejects. */
  async stop(): Promise<void> {
    await this.#partitions.stop();
    await this.#options.delivery.close();
  }

  async #sendFor(term: PartitionTerm): Promise<void> {
    const { metrics, logger } = this.#options;
    const backoff = new Backoff();
    while (!term.signal.aborted) {
      const sending = (this.#current = this.#createTerm(term));
      try {
        await sending.run();
      } catch (err) {
        if (!(err instanceof OutcryError)) throw err;
        metrics.countFault();
        logger.warn({ err }, 'sending interrupted');
        await delay(backoff.nextMs(), term.signal);
      } finally {
        if (this.#current === sending) this.#current = undefined;
      }
    }
    // Another one tells it now, and knows.
    this.#isServerUp = true;
  }

  #createTerm(term: PartitionTerm): SendingTerm {
    const { journal, delivery, sending, metrics } = this.#options;
    return new SendingTerm(term, {
      ...sending,
      ...{ journal, delivery, metrics, wakeUps: this.#wakeUps },
      onTold: () => {
        this.#showServer(true);
      },
      onFailure: (failure) => {
        this.#showServer(false);
        this.#log(failure);
      },
    });
  }

  #showServer(isUp: boolean): void {
    if (isUp && !this.#isServerUp) this.#options.logger.info('events delivered again');
    this.#isServerUp = isUp;
  }

  #log({ kind, message }: HookFailure): void {
    const now = performance.now();
    if (now - this.#loggedAt < LOG_EVERY_MS) return;
    this.#loggedAt = now;
    this.#options.logger.warn({ failure: kind, problem: message }, 'events not delivered');
  }
}
