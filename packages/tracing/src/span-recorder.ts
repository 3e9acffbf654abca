import { randomBytes } from 'node:crypto';

import { type Context, trace, TraceFlags } from '@opentelemetry/api';

import { RecordedSpan } from './recorded-span.ts';
import type { OpenSpanOptions, SpanSource } from './span-source.ts';

/** Spans of nobody's SDK: what OpenTelemetry's does in some megabytes, of which tracing messages needs this. */
export class SpanRecorder implements SpanSource {
  readonly #onEnd: (span: RecordedSpan) => void;

  constructor(onEnd: (span: RecordedSpan) => void) {
    this.#onEnd = onEnd;
  }

  startSpan(name: string, options: OpenSpanOptions, context: Context): RecordedSpan {
    const parent = trace.getSpanContext(context);
    const traceId = parent?.traceId ?? randomBytes(16).toString('hex');
    const own = { traceId, spanId: randomBytes(8).toString('hex'), traceFlags: TraceFlags.SAMPLED };
    return new RecordedSpan({ name, context: own, parentId: parent?.spanId, options, onEnd: this.#onEnd });
  }
}
