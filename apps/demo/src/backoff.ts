import { Retry } from '@outcry/protocol';

const MIN_WAIT_MS = 500;
const FIRST_CEILING_MS = 1_000;
const MAX_CEILING_MS = 30_000;
/** Clients of one lost gateway come back at once, but not all in the same instant. */
const RESUME_SPREAD_MS = 250;

/**
 * How long to wait before the next attempt, in milliseconds. `attempt` counts from 0 since the last good connection.
 * Waits are drawn evenly from 0 to a ceiling that doubles up to 30 s, above a floor, so that clients spread out.
 */
export function backoffMs(retry: Exclude<Retry, 'never'>, attempt: number, random: () => number = Math.random): number {
  if (retry === Retry.Now && attempt === 0) return Math.round(random() * RESUME_SPREAD_MS);
  const ceilingMs = Math.min(FIRST_CEILING_MS * 2 ** attempt, MAX_CEILING_MS);
  return Math.round(MIN_WAIT_MS + random() * ceilingMs);
}
