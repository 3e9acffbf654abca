import type { AnyValue, Attributes } from '@opentelemetry/api';

import type { RecordedSpan } from './recorded-span.ts';
import type { WallClock } from './wall-clock.ts';

/** Whose spans they are: https://opentelemetry.io/docs/specs/semconv/resource/ */
export interface TraceResource {
  readonly service: string;
  readonly instance: string;
  readonly version: string;
}

const SCOPE = 'outcry';
/** OTLP counts kinds from one; the API from zero. */
const KIND_OFFSET = 1;
/** https://github.com/open-telemetry/opentelemetry-proto/blob/v1.5.0/opentelemetry/proto/trace/v1/trace.proto: sampled; it is known where the parent is, and it is elsewhere */
const SAMPLED = 1;

export interface EncodingParts {
  readonly resource: TraceResource;
  readonly clock: Pick<WallClock, 'nsOf'>;
}

/** The body of an OTLP/HTTP request in JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
export function encodeSpans(spans: readonly RecordedSpan[], { resource, clock }: EncodingParts): string {
  const { service, instance, version } = resource;
  const attributes = { 'service.name': service, 'service.instance.id': instance, 'service.version': version };
  const scope = { name: SCOPE, version };
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: encodeAttributes(attributes) },
        scopeSpans: [{ scope, spans: spans.map((span) => encodeSpan(span, clock)) }],
      },
    ],
  });
}

function encodeSpan(span: RecordedSpan, clock: EncodingParts['clock']): object {
  const { traceId, spanId } = span.spanContext();
  const { code, message } = span.status;
  return {
    traceId,
    spanId,
    ...(span.parentId === undefined ? {} : { parentSpanId: span.parentId }),
    flags: SAMPLED,
    name: span.name,
    kind: span.kind + KIND_OFFSET,
    startTimeUnixNano: String(clock.nsOf(span.startedAt)),
    endTimeUnixNano: String(clock.nsOf(span.endedAt)),
    attributes: encodeAttributes(span.attributes),
    links: span.links.map(({ context }) => ({ traceId: context.traceId, spanId: context.spanId, flags: SAMPLED })),
    status: message === undefined ? { code } : { code, message },
  };
}

function encodeAttributes(attributes: Attributes): readonly object[] {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: encodeValue(value) }));
}

/** What the spans of this part have: texts, numbers, and yes or no. */
function encodeValue(value: AnyValue): object {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return { stringValue: typeof value === 'string' ? value : JSON.stringify(value) };
}
