import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type SpanContext,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import type { MessageTrace } from '@outcry/broker';
import type { Position } from '@outcry/protocol';

import type { OpenSpan } from './span-source.ts';

/** A span somewhere else, of which ours are children. */
export function childrenOf({ traceId, spanId }: Pick<MessageTrace, 'traceId' | 'spanId'>): Context {
  return trace.setSpanContext(ROOT_CONTEXT, remote(traceId, spanId));
}

/** What has led to a span, as others have led to others: of no use as its parent. */
export function linkTo({ traceId, spanId }: Pick<MessageTrace, 'traceId' | 'spanId'>): Link {
  return { context: remote(traceId, spanId) };
}

/** Names of spans have few values, so that they can be counted: a room has a name, and its rule a pattern. */
export function spanName(operation: string, about: Attributes): string {
  return `${operation} ${String(about['messaging.destination.template'])}`;
}

export function describeMessage({ epoch, seq }: Position): Attributes {
  return { 'messaging.message.id': `${epoch}:${String(seq)}` };
}

/** Ends what has failed. */
export function failSpan(span: OpenSpan, err: unknown): void {
  span.setAttributes({ 'error.type': errorType(err) });
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function errorType(err: unknown): string {
  if (typeof err === 'object' && err !== null && 'code' in err && typeof err.code === 'string') return err.code;
  return err instanceof Error ? err.name : 'unknown';
}

function remote(traceId: string, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}
