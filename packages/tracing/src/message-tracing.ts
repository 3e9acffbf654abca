import type { Attributes } from '@opentelemetry/api';
import type { RoomMessage } from '@outcry/broker';
import { isInbox, parseTraceparent } from '@outcry/protocol';

import { IgnoredReason, type TraceMetrics, TraceSource } from './observability/trace-metrics.ts';
import { PublishTrace } from './publish-trace.ts';
import { RelayTrace } from './relay-trace.ts';
import { describeMessage } from './spans.ts';
import type { SpanSource } from './span-source.ts';
import type { TraceBudget } from './trace-budget.ts';

export interface MessageTracingParts {
  readonly spans: SpanSource;
  readonly budget: TraceBudget;
  readonly metrics: Pick<TraceMetrics, 'countIgnored'>;
  /** Of the rule that holds in a room. */
  readonly patternOf: (room: string) => string;
}

/** A message that comes with a `traceparent`, and is to be published. Times are those of `performance.now()`. */
export interface TracedArrival {
  readonly traceparent: string;
  readonly source: TraceSource;
  /** Whose share it counts against, where there are several. */
  readonly sender?: object | undefined;
  readonly room: string;
  readonly startedAt: number;
  readonly decodedAt: number;
}

/** A message of a room that somebody has traced for a while (`TracedRooms`). */
export type BegunTrace = Pick<TracedArrival, 'room' | 'startedAt' | 'decodedAt'>;

/**
 * Follows messages that are sampled by whoever sends them, and those of a room that is traced for a while; where it follows none
 * nothing is made. What it is about is as OpenTelemetry calls it: https://opentelemetry.io/docs/specs/semconv/messaging/
 */
export class MessageTracing {
  readonly #parts: MessageTracingParts;

  constructor(parts: MessageTracingParts) {
    this.#parts = parts;
  }

  /** Undefined where the message is not traced: not sampled, no `traceparent`, or one too many. */
  publish({ traceparent, source, sender, room, startedAt, decodedAt }: TracedArrival): PublishTrace | undefined {
    const { metrics, budget, spans } = this.#parts;
    const parent = parseTraceparent(traceparent);
    if (parent === undefined) {
      metrics.countIgnored(source, IgnoredReason.Malformed);
      return undefined;
    }
    if (!parent.isSampled) return undefined;
    if (!budget.take(source, performance.now(), sender)) {
      metrics.countIgnored(source, IgnoredReason.Rate);
      return undefined;
    }
    const about = this.#describe(room);
    return new PublishTrace({ spans, about, parent, startedAt, decodedAt });
  }

  /** Begins a trace. Undefined where that is one too many. */
  begin({ room, startedAt, decodedAt }: BegunTrace): PublishTrace | undefined {
    const { metrics, budget, spans } = this.#parts;
    if (!budget.take(TraceSource.Watch, performance.now())) {
      metrics.countIgnored(TraceSource.Watch, IgnoredReason.Rate);
      return undefined;
    }
    return new PublishTrace({ spans, about: this.#describe(room), startedAt, decodedAt });
  }

  /** Undefined where the message is not traced here: its trace is one too many. */
  relay({ room, position, trace: from, frame }: RoomMessage): RelayTrace | undefined {
    const { metrics, budget, spans } = this.#parts;
    if (from === undefined) return undefined;
    if (!budget.take(TraceSource.Broker, performance.now())) {
      metrics.countIgnored(TraceSource.Broker, IgnoredReason.Rate);
      return undefined;
    }
    const about = {
      ...this.#describe(room),
      ...describeMessage(position),
      'messaging.message.envelope.size': frame.length,
    };
    return new RelayTrace({ spans, about, from });
  }

  /** A name of an inbox is that of a user, and nobody else's business. */
  #describe(room: string): Attributes {
    return {
      'messaging.system': 'outcry',
      'messaging.destination.template': this.#parts.patternOf(room),
      ...(isInbox(room) ? {} : { 'messaging.destination.name': room }),
    };
  }
}
