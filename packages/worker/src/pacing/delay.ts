/** The longest that a timer of Node's waits; told to wait longer, it fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Waits, or less where `signal` aborts: that resolves too, because whoever waits looks at the signal anyway. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  let leftMs = ms;
  for (; leftMs > MAX_TIMER_MS && !signal.aborted; leftMs -= MAX_TIMER_MS) await wait(MAX_TIMER_MS, signal);
  await wait(leftMs, signal);
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish);
  });
}
