import { Retry } from '@outcry/protocol';

/** Between which bounds attempts to connect wait for each other. */
export interface BackoffOptions {
  /** Ceiling of the first wait, in milliseconds; it doubles with every failed attempt. */
  readonly baseMs: number;
  /** What the ceiling grows to, in milliseconds. */
  readonly maxMs: number;
}

/** Clients of one lost gateway come back at once, but not all in the same instant. */
const RESUME_SPREAD_MS = 250;

/**
 * Full jitter: a wait anywhere between nothing and a ceiling that doubles with every failed attempt. After a close code that
 * says "now", the first attempt follows within 250 ms.
 */
export function backoffMs(
  { baseMs, maxMs }: BackoffOptions,
  { retry, attempt, random }: { retry: Retry; attempt: number; random: () => number },
): number {
  const ceilingMs = retry === Retry.Now && attempt === 0 ? RESUME_SPREAD_MS : Math.min(maxMs, baseMs * 2 ** attempt);
  return random() * ceilingMs;
}
