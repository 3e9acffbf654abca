/** Where in which trace something stands: https://www.w3.org/TR/trace-context/#traceparent-header-field-values */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** Of the span that it is about: 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether whoever sends it records it, and so may we. */
  readonly isSampled: boolean;
}

/** Versions to come have more behind it, set off by a dash; what version 00 says stands in front in all of them. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_VERSION = 'ff';
const FIRST_VERSION = '00';
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
const SAMPLED = 1;

/** Undefined where the text is no `traceparent`, which W3C has everybody ignore. */
export function parseTraceparent(text: string): TraceContext | undefined {
  const [, version, traceId = NO_TRACE, spanId = NO_SPAN, flags = '', more] = TRACEPARENT.exec(text) ?? [];
  if (version === NO_VERSION || (version === FIRST_VERSION && more !== undefined)) return undefined;
  if (traceId === NO_TRACE || spanId === NO_SPAN) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

/** In version 00, whichever it came in. */
export function formatTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `${FIRST_VERSION}-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}
