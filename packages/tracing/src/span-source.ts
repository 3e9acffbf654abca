import type { Attributes, Context, SpanContext, SpanOptions, SpanStatus } from '@opentelemetry/api';

/** What this part needs of a span: any of OpenTelemetry's is one. Times are those of `performance.now()`. */
export interface OpenSpan {
  spanContext(): SpanContext;
  setAttributes(attributes: Attributes): unknown;
  setStatus(status: SpanStatus): unknown;
  end(endTime?: number): void;
}

export interface OpenSpanOptions extends SpanOptions {
  readonly startTime?: number;
}

/** What this part needs of a tracer: any of OpenTelemetry's is one. */
export interface SpanSource {
  startSpan(name: string, options: OpenSpanOptions, context: Context): OpenSpan;
}
