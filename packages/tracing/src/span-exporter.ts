import type { Logger } from '@outcry/service';
import { Endpoint, HookFailure } from '@outcry/webhook';

import { encodeSpans, type TraceResource } from './encode-spans.ts';
import { SpanOutcome, type TraceMetrics } from './observability/trace-metrics.ts';
import type { RecordedSpan } from './recorded-span.ts';
import { WallClock } from './wall-clock.ts';

/** Spans that wait for the collector. With one more that one is dropped: those that are there make whole traces, the next ones do not. */
const MAX_QUEUED = 2048;
/** Of one request: about 1 ms of the event loop. */
const MAX_BATCH = 128;
const INTERVAL_MS = 250;
/** After which a collector is tried again that was away. */
const RETRY_MS = 5000;
const DEADLINE_MS = 5000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** For all that waits when the service ends. */
const LAST_MS = 2000;

export interface SpanExporterOptions {
  readonly url: string;
  readonly resource: TraceResource;
  readonly metrics: Pick<TraceMetrics, 'countSpans'>;
  readonly logger: Logger;
  /** Times for tests. */
  readonly intervalMs?: number;
}

/**
 * Sends spans to a collector: OTLP over HTTP, in JSON, one request at a time, some time after they have ended. Nobody waits for it. While
 * the collector is away, spans wait in a queue with an end.
 */
export class SpanExporter {
  readonly #options: SpanExporterOptions;
  readonly #endpoint: Endpoint;
  readonly #intervalMs: number;
  readonly #clock = new WallClock();
  #queue: RecordedSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  /** The last request was in vain, and may not be. */
  #isAway = false;
  #isFailing = false;
  #isClosed = false;

  constructor(options: SpanExporterOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? INTERVAL_MS;
    this.#endpoint = new Endpoint({
      url: options.url,
      deadlineMs: DEADLINE_MS,
      maxConnections: 1,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      takesAnySuccess: true,
    });
  }

  add(span: RecordedSpan): void {
    if (this.#isClosed || this.#queue.length >= MAX_QUEUED) {
      this.#options.metrics.countSpans(SpanOutcome.QueueFull, 1);
      return;
    }
    this.#clock.look();
    this.#queue.push(span);
    this.#sendIn(this.#intervalMs);
  }

  /** Sends what waits, if that can be done in short; lets go of the connection. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const last = AbortSignal.timeout(LAST_MS);
    await this.#sending;
    await this.#sendAll(last);
    const { length } = this.#queue;
    this.#queue = [];
    if (length > 0) this.#options.metrics.countSpans(SpanOutcome.Unsent, length);
    await this.#endpoint.close();
  }

  #sendIn(ms: number): void {
    if (this.#isClosed || this.#sending !== undefined) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#sendAll().finally(() => {
        this.#sending = undefined;
        if (this.#queue.length > 0) this.#sendIn(this.#isAway ? RETRY_MS : this.#intervalMs);
      });
    }, ms).unref();
  }

  /** Until nothing waits, or the collector cannot be had. Never rejects. */
  async #sendAll(end?: AbortSignal): Promise<void> {
    do {
      const batch = this.#queue.slice(0, MAX_BATCH);
      if (batch.length === 0) return;
      await this.#send(batch, end);
    } while (!this.#isAway && end?.aborted !== true);
  }

  /** What is sent, or never will be, waits no longer. */
  async #send(batch: readonly RecordedSpan[], end: AbortSignal | undefined): Promise<void> {
    const { metrics, resource } = this.#options;
    this.#clock.look();
    const body = encodeSpans(batch, { resource, clock: this.#clock });
    const headers = { 'content-type': 'application/json', 'user-agent': 'outcry' };
    const timeout = AbortSignal.timeout(DEADLINE_MS);
    const deadline = end === undefined ? timeout : AbortSignal.any([timeout, end]);
    try {
      const refused = Math.min(batch.length, refusedIn(await this.#endpoint.post({ body, headers, deadline })));
      this.#queue.splice(0, batch.length);
      metrics.countSpans(SpanOutcome.Exported, batch.length - refused);
      metrics.countSpans(SpanOutcome.Refused, refused);
      this.#isAway = false;
      this.#note(undefined);
    } catch (err) {
      const isRefused = err instanceof HookFailure && err.isOfQuestion;
      if (isRefused) {
        this.#queue.splice(0, batch.length);
        metrics.countSpans(SpanOutcome.Refused, batch.length);
      }
      this.#isAway = !isRefused;
      this.#note(err);
    }
  }

  /** Once for each time that it begins or ends to fail. */
  #note(err: unknown): void {
    const { logger } = this.#options;
    if (err === undefined && this.#isFailing) logger.info('spans taken by the collector again');
    if (err !== undefined && !this.#isFailing) logger.warn({ err }, 'spans not taken by the collector');
    this.#isFailing = err !== undefined;
  }
}

/** How many of a request the collector did not take: https://opentelemetry.io/docs/specs/otlp/#partial-success-1 */
function refusedIn(answer: string): number {
  try {
    const { partialSuccess } = JSON.parse(answer) as { partialSuccess?: { rejectedSpans?: string | number } };
    const refused = Number(partialSuccess?.rejectedSpans ?? 0);
    return Number.isSafeInteger(refused) && refused > 0 ? refused : 0;
  } catch {
    // Some say nothing, or it in another language. They took it.
    return 0;
  }
}
