import { setTimeout as timer } from 'node:timers/promises';

/** Waits, or less where `signal` aborts: that resolves too, because whoever waits looks at the signal anyway. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await timer(ms, undefined, { signal });
  } catch (err) {
    if (!signal.aborted) throw err;
  }
}
