import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/** Waits for something; resolves with how many milliseconds that took. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  { what, deadlineMs }: { readonly what: string; readonly deadlineMs: number },
): Promise<number> {
  const startedAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAt > deadlineMs) throw new Error(`not within ${String(deadlineMs)} ms: ${what}`);
    await delay(POLL_MS);
  }
  return performance.now() - startedAt;
}
