import { FailureKind, type HookFailure } from '@outcry/webhook';

/** So many are remembered: enough for a share of failures, and little enough to be of now. */
const KEPT = 128;

/** What the last questions of a hook came to. */
export interface RecentFigures {
  /** How many there are of which this is said. */
  readonly asked: number;
  readonly failed: number;
  /** Of those that were sent, in milliseconds; absent before the first. */
  readonly medianMs?: number;
  readonly p95Ms?: number;
  readonly slowestMs?: number;
  /** Unix milliseconds: when the last one ended. */
  readonly lastAt?: number;
}

export interface LastFailure {
  readonly at: number;
  readonly kind: string;
  readonly message: string;
}

/** Remembers the last questions of a hook for whoever looks: two writes into an array for each. */
export class RecentQuestions {
  readonly #ms = new Float64Array(KEPT);
  readonly #hasFailed = new Uint8Array(KEPT);
  #sent = 0;
  #ended = 0;
  #lastAt: number | undefined;
  #lastFailure: LastFailure | undefined;

  /** One was sent, and has its answer or will have none. */
  noteTime(ms: number): void {
    this.#ms[this.#sent % KEPT] = ms;
    this.#sent += 1;
  }

  /** One is over, sent or not. @param failure why there is no answer that can be used */
  noteEnd(failure?: HookFailure): void {
    this.#hasFailed[this.#ended % KEPT] = failure === undefined ? 0 : 1;
    this.#ended += 1;
    this.#lastAt = Date.now();
    // An open breaker says nothing of why it opened.
    if (failure === undefined || failure.kind === FailureKind.Open) return;
    const { kind, message } = failure;
    this.#lastFailure = { at: this.#lastAt, kind, message };
  }

  /** Why there was no answer, where the server was to be asked. */
  get lastFailure(): LastFailure | undefined {
    return this.#lastFailure;
  }

  get figures(): RecentFigures {
    const asked = Math.min(this.#ended, KEPT);
    const failed = this.#hasFailed.subarray(0, asked).reduce((sum, one) => sum + one, 0);
    const times = this.#ms.slice(0, Math.min(this.#sent, KEPT)).sort();
    return {
      ...{ asked, failed },
      ...(times.length === 0
        ? {}
        : { medianMs: quantile(times, 0.5), p95Ms: quantile(times, 0.95), slowestMs: quantile(times, 1) }),
      ...(this.#lastAt === undefined ? {} : { lastAt: this.#lastAt }),
    };
  }
}

/** The nearest that there was. @param sorted at least one */
function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
