import { Counter, type Registry } from 'prom-client';

/** What became of a span. */
export const SpanOutcome = {
  Exported: 'exported',
  /** As many wait for the collector as may. */
  QueueFull: 'queueFull',
  /** The collector does not take it, however often it comes. */
  Refused: 'refused',
  /** The service has ended while the collector was away. */
  Unsent: 'unsent',
} as const;
export type SpanOutcome = (typeof SpanOutcome)[keyof typeof SpanOutcome];

/** Where a message comes from that says of itself that it is traced; or why it is though it does not. */
export const TraceSource = {
  Client: 'client',
  /** The server API. */
  Server: 'server',
  /** An outbox, or a stream. */
  Inbound: 'inbound',
  /** Another node, or this one: it was published already. */
  Broker: 'broker',
  /** Whoever sends it has not asked for it: its room is traced for a while. */
  Watch: 'watch',
} as const;
export type TraceSource = (typeof TraceSource)[keyof typeof TraceSource];

/** Why a message is not traced that says of itself that it is. */
export const IgnoredReason = { Malformed: 'malformed', Rate: 'rate' } as const;
export type IgnoredReason = (typeof IgnoredReason)[keyof typeof IgnoredReason];

/** What is counted of tracing: there with 0 from the start, for every value of the labels. */
export class TraceMetrics {
  readonly #spans: Counter;
  readonly #ignored: Counter;

  constructor(registry: Registry, service: string) {
    const registers = [registry];
    this.#spans = new Counter({
      name: `outcry_${service}_trace_spans_total`,
      help: 'Spans, by what became of them on their way to the collector.',
      labelNames: ['outcome'],
      registers,
    });
    this.#ignored = new Counter({
      name: `outcry_${service}_traceparents_ignored_total`,
      help: 'Messages that are not traced though they came with a traceparent, or in a room that is traced (watch): it is none (malformed), or more are sampled than may be (rate).',
      labelNames: ['source', 'reason'],
      registers,
    });
    for (const outcome of Object.values(SpanOutcome)) this.#spans.inc({ outcome }, 0);
    for (const source of Object.values(TraceSource)) {
      for (const reason of Object.values(IgnoredReason)) this.#ignored.inc({ source, reason }, 0);
    }
  }

  countSpans(outcome: SpanOutcome, spans: number): void {
    this.#spans.inc({ outcome }, spans);
  }

  countIgnored(source: TraceSource, reason: IgnoredReason): void {
    this.#ignored.inc({ source, reason });
  }
}
