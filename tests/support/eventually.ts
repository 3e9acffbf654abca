import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 10;

export interface Expectation {
  readonly deadlineMs: number;
  /** What was waited for and how things stand; asked when the deadline has passed. */
  readonly describe: () => string;
}

/** Waits until the condition holds, and says how many milliseconds that took. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  { deadlineMs, describe }: Expectation,
): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > deadlineMs) throw new Error(`after ${String(deadlineMs)} ms: ${describe()}`);
    await delay(POLL_MS);
  }
  return Math.round(performance.now() - startedAt);
}

/** Lets a fault or a load last: the time is what the test is about, not something that it waits for. */
export async function last(ms: number): Promise<void> {
  await delay(ms);
}
