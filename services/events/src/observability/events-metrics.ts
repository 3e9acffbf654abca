import type { Missing } from '@outcry/broker';
import { ServiceMetrics } from '@outcry/service';
import type { FailureKind } from '@outcry/webhook';

import type { WrittenEvent } from '../event/to-events.ts';

/** Why an event is a dead letter. */
export const DeadReason = {
  /** It could not be delivered for too long. */
  Late: 'late',
  /** The server answered that it does not want it. */
  Unwanted: 'unwanted',
} as const;
export type DeadReason = (typeof DeadReason)[keyof typeof DeadReason];

export interface EventsMetricsOptions {
  /** Read when the metrics are. */
  readonly isBrokerUp: () => boolean;
  /** Read when the metrics are. */
  readonly isServerUp: () => boolean;
}

const MS_PER_SECOND = 1000;

/** What the service counts, in a registry of its own. No label has more values than the source code has. */
export class EventsMetrics {
  readonly #all = new ServiceMetrics('events');
  readonly #told = this.#all.counter('told_total', 'Events that the server took.', 'event');
  readonly #failures = this.#all.counter('failures_total', 'Requests that the server did not take.', 'failure');
  readonly #dead = this.#all.counter('dead_letters_total', 'Events that went to the dead letters.', 'reason');
  readonly #lost = this.#all.counter('lost_total', 'Events that were lost, as far as that is known by number.');
  readonly #faults = this.#all.counter('faults_total', 'Times that Redis interrupted the sending.');
  readonly #takeovers = this.#all.counter('takeovers_total', 'Times this process began to send.');
  readonly #sending = this.#all.gauge('sending', '1 while this process sends; otherwise it stands by.');
  readonly #backlog = this.#all.gauge('backlog', 'Comings and goings that wait to be told, as last seen.');
  /** When the oldest that waits happened, in Unix milliseconds. */
  #oldestAt: number | undefined;

  constructor({ isBrokerUp, isServerUp }: EventsMetricsOptions) {
    this.#all.watch('broker_up', '1 while Redis can be used.', isBrokerUp);
    this.#all.watch('server_up', '1 while the server takes what it is told.', isServerUp);
    this.#all.watch('lag_seconds', 'Age of the oldest coming or going that waits to be told, or is being told.', () =>
      this.#oldestAt === undefined ? 0 : Math.max(0, (Date.now() - this.#oldestAt) / MS_PER_SECOND),
    );
    this.#all.addProcess();
  }

  countTold(events: readonly Pick<WrittenEvent, 'name'>[]): void {
    for (const { name } of events) this.#told.inc({ event: name });
  }

  countFailure(failure: FailureKind): void {
    this.#failures.inc({ failure });
  }

  countDead(reason: DeadReason, count: number): void {
    this.#dead.inc({ reason }, count);
  }

  countLost(missing: Missing | undefined): void {
    this.#lost.inc(missing?.lost ?? 0);
  }

  countFault(): void {
    this.#faults.inc();
  }

  countTakeover(): void {
    this.#takeovers.inc();
  }

  setSending(isSending: boolean): void {
    this.#sending.set(isSending ? 1 : 0);
  }

  setBacklog(count: number): void {
    this.#backlog.set(count);
  }

  /** When the oldest of the backlog happened, in Unix milliseconds; undefined where nothing waits. */
  setOldest(at: number | undefined): void {
    this.#oldestAt = at;
  }

  /** Everything in the Prometheus text format. */
  expose(): Promise<string> {
    return this.#all.expose();
  }
}
