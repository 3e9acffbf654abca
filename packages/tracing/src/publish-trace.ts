import { type Attributes, type Context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { MessageTrace, Published } from '@outcry/broker';
import { formatTraceparent, type TraceContext } from '@outcry/protocol';

import type { OpenSpan, SpanSource } from './span-source.ts';
import { childrenOf, describeMessage, failSpan, spanName } from './spans.ts';

export interface PublishTraceParts {
  readonly spans: SpanSource;
  readonly about: Attributes;
  /** What whoever sends the message was doing; absent where the trace begins here. */
  readonly parent?: TraceContext | undefined;
  readonly startedAt: number;
  readonly decodedAt: number;
}

/** A question that somebody else is asked on the way. */
export interface TracedQuestion {
  /** For whoever is asked. */
  readonly traceparent: string;
  /** With what it failed, where it did. */
  end(err?: unknown): void;
}

/** A message that is traced, from its arrival until the broker has it: decode, decide, send. Ended once, by `end` or by `fail`. */
export class PublishTrace {
  readonly #spans: SpanSource;
  readonly #about: Attributes;
  readonly #parent: TraceContext | undefined;
  readonly #root: OpenSpan;
  readonly #within: Context;
  readonly #deciding: OpenSpan;
  #sending: OpenSpan | undefined;

  constructor({ spans, about, parent, startedAt, decodedAt }: PublishTraceParts) {
    this.#spans = spans;
    this.#about = about;
    this.#parent = parent;
    const operation = { 'messaging.operation.name': 'publish', 'messaging.operation.type': 'create' };
    const options = { kind: SpanKind.SERVER, startTime: startedAt, attributes: { ...about, ...operation } };
    const context = parent === undefined ? ROOT_CONTEXT : childrenOf(parent);
    this.#root = spans.startSpan(spanName('publish', about), options, context);
    this.#within = childrenOf(this.#root.spanContext());
    spans.startSpan('decode', { startTime: startedAt }, this.#within).end(decodedAt);
    this.#deciding = spans.startSpan('decide', { startTime: decodedAt }, this.#within);
  }

  /** The operator's server is asked whether it may be published. */
  ask(): TracedQuestion {
    const within = trace.setSpanContext(this.#within, this.#deciding.spanContext());
    const span = this.#spans.startSpan('ask', { kind: SpanKind.CLIENT }, within);
    return {
      traceparent: formatTraceparent({ ...span.spanContext(), isSampled: true }),
      end: (err) => {
        if (err === undefined) span.end();
        else failSpan(span, err);
      },
    };
  }

  /** It is decided: from here on the broker has it. What this returns goes with the message. */
  send(): MessageTrace {
    this.#deciding.end();
    const operation = { 'messaging.operation.name': 'send', 'messaging.operation.type': 'send' };
    const options = { kind: SpanKind.PRODUCER, attributes: { ...this.#about, ...operation } };
    this.#sending = this.#spans.startSpan(spanName('send', this.#about), options, this.#within);
    const { traceId, spanId } = this.#sending.spanContext();
    return { traceId, spanId, parentId: this.#parent?.spanId ?? this.#root.spanContext().spanId };
  }

  end({ position, isDuplicate }: Published): void {
    const published = { ...describeMessage(position), 'outcry.duplicate': isDuplicate };
    for (const span of [this.#sending, this.#root]) {
      span?.setAttributes(published);
      span?.end();
    }
  }

  /** It was refused, or it is not known whether it was published. */
  fail(err: unknown): void {
    for (const span of [this.#sending ?? this.#deciding, this.#root]) failSpan(span, err);
  }
}
