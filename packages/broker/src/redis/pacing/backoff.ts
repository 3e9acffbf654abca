const FIRST_DELAY_MS = 50;
/** A Redis that is back is found within this: two connections of each node ask once a second, which is nothing to it. */
const MAX_DELAY_MS = 1000;

/** How long to wait before attempt `attempt` (from 1): doubled each time, capped, and spread so that nodes do not come as one. */
export function backoffMs(attempt: number): number {
  const delay = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 16));
  return Math.round(delay * (0.5 + Math.random() / 2));
}
