import {
  type Attributes,
  type Link,
  type SpanContext,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
} from '@opentelemetry/api';

import type { OpenSpan, OpenSpanOptions } from './span-source.ts';

export interface RecordedSpanParts {
  readonly name: string;
  readonly context: SpanContext;
  /** Absent of one that nothing has caused. */
  readonly parentId: string | undefined;
  readonly options: OpenSpanOptions;
  readonly onEnd: (span: RecordedSpan) => void;
}

/** A span that is kept until somebody sends it. When it has ended nothing changes it any more. */
export class RecordedSpan implements OpenSpan {
  readonly name: string;
  readonly parentId: string | undefined;
  readonly kind: SpanKind;
  readonly links: readonly Link[];
  /** By `performance.now()`. */
  readonly startedAt: number;
  readonly #context: SpanContext;
  readonly #onEnd: (span: RecordedSpan) => void;
  #attributes: Attributes;
  #status: SpanStatus = { code: SpanStatusCode.UNSET };
  #endedAt: number | undefined;

  constructor({ name, context, parentId, options, onEnd }: RecordedSpanParts) {
    const { kind = SpanKind.INTERNAL, links = [], attributes = {}, startTime = performance.now() } = options;
    this.name = name;
    this.parentId = parentId;
    this.kind = kind;
    this.links = links;
    this.startedAt = startTime;
    this.#context = context;
    this.#attributes = { ...attributes };
    this.#onEnd = onEnd;
  }

  get attributes(): Attributes {
    return this.#attributes;
  }

  get status(): SpanStatus {
    return this.#status;
  }

  get endedAt(): number {
    return this.#endedAt ?? this.startedAt;
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  setAttributes(attributes: Attributes): void {
    if (this.#endedAt === undefined) this.#attributes = { ...this.#attributes, ...attributes };
  }

  setStatus(status: SpanStatus): void {
    if (this.#endedAt === undefined) this.#status = status;
  }

  /** The first call holds. A span does not end before it has begun. */
  end(endTime = performance.now()): void {
    if (this.#endedAt !== undefined) return;
    this.#endedAt = Math.max(this.startedAt, endTime);
    this.#onEnd(this);
  }
}
