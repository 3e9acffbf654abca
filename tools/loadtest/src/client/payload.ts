/** What the generator publishes: when it did, and padding. Every member of a run is in this process, so one clock serves. */
export interface Payload {
  /** By `monotonicMicros`. */
  readonly sentAt: number;
  readonly padding: readonly string[];
}

/** Bytes of the payload besides the padding, about, in either encoding. */
const FIXED_BYTES = 40;
/** A string of a payload may have 4,096 bytes (docs/PROTOCOL.md §7). */
const MAX_STRING_BYTES = 4000;

/** Padding that makes a payload about so many bytes. */
export function createPadding(sizeBytes: number): readonly string[] {
  const padding: string[] = [];
  for (let left = sizeBytes - FIXED_BYTES; left > 0; left -= MAX_STRING_BYTES) {
    padding.push('x'.repeat(Math.min(left, MAX_STRING_BYTES)));
  }
  return padding;
}

/** When a received payload was sent; undefined where it is not the generator's. */
export function sentAtOf(data: unknown): number | undefined {
  if (typeof data !== 'object' || data === null || !('sentAt' in data)) return undefined;
  return typeof data.sentAt === 'number' ? data.sentAt : undefined;
}
