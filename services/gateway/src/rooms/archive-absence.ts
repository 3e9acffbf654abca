import type { ArchiveMetrics } from '../observability/archive-metrics.ts';

/** So long is waited for an archive that has stopped answering: a restart of a database, and the pause of the breaker behind it. */
export const MAX_ABSENCE_MS = 8000;
/** One of those who wait tries again so often, for all. */
const PROBE_MS = 500;
/** Where nobody has asked for so long, what was known of the archive says nothing any more. */
const FORGOTTEN_MS = 60_000;
/** Who comes past that is told at once that the archive is away. */
const MAX_WAITING = 10_000;

export type AwaitedOutcome = 'again' | 'late' | 'refused' | 'gone';

interface Waiter {
  readonly until: number;
  readonly isWanted: () => boolean;
  readonly resolve: (isWorthwhile: boolean) => void;
}

export interface ArchiveAbsenceOptions {
  readonly metrics: Pick<ArchiveMetrics, 'waits'>;
}

/**
 * Those who miss what only the archive has, while it cannot be read for a moment. One of them tries again now and then, the longest
 * waiting first; where anybody's page comes, all do. Who comes when it has been away for longer than that waits for nothing, and so
 * it is of a gateway that has just started and has not had an answer yet: it may be told the wrong address.
 */
export class ArchiveAbsence {
  readonly #metrics: ArchiveAbsenceOptions['metrics'];
  readonly #waiting = new Set<Waiter>();
  /** When it failed first, and last, since it has answered. */
  #failing: { readonly since: number; readonly seenAt: number } | undefined = {
    since: -Infinity,
    seenAt: performance.now(),
  };
  #timer: NodeJS.Timeout | undefined;

  constructor({ metrics }: ArchiveAbsenceOptions) {
    this.#metrics = metrics;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** A page could not be had. */
  noteFailure(): void {
    const now = performance.now();
    const { since = now, seenAt = now } = this.#failing ?? {};
    this.#failing = { since: now - seenAt > FORGOTTEN_MS ? now : since, seenAt: now };
  }

  /** A page has come. */
  noteAnswer(): void {
    this.#failing = undefined;
    for (const waiter of this.#waiting) this.#end(waiter, 'again');
  }

  /**
   * Resolves when to try again, with true, or with false where nobody should: it is too late, too many wait, or `isWanted` says so.
   *
   * @param since When the caller failed to get what it wants for the first time, on the clock of the process
   */
  wait(since: number, isWanted: () => boolean): Promise<boolean> {
    const until = Math.min(since, this.#failing?.since ?? since) + MAX_ABSENCE_MS;
    return new Promise((resolve) => {
      const waiter = { until, isWanted, resolve };
      if (performance.now() >= until) this.#end(waiter, 'late');
      else if (this.#waiting.size >= MAX_WAITING) this.#end(waiter, 'refused');
      else this.#waiting.add(waiter);
      this.#watch();
    });
  }

  close(): void {
    for (const waiter of this.#waiting) this.#end(waiter, 'gone');
    clearTimeout(this.#timer);
  }

  #end(waiter: Waiter, outcome: AwaitedOutcome): void {
    this.#waiting.delete(waiter);
    this.#metrics.waits.labels(outcome).inc();
    waiter.resolve(outcome === 'again');
  }

  #watch(): void {
    if (this.#waiting.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#look();
      this.#watch();
    }, PROBE_MS).unref();
  }

  #look(): void {
    const now = performance.now();
    for (const waiter of this.#waiting) {
      if (!waiter.isWanted()) this.#end(waiter, 'gone');
      else if (now >= waiter.until) this.#end(waiter, 'late');
    }
    const [first] = this.#waiting;
    if (first !== undefined) this.#end(first, 'again');
  }
}
