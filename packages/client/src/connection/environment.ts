/** What the client needs of the machine that it runs on. */
export interface Environment {
  /** Unix milliseconds that never go back. */
  now(): number;
  /** From 0 up to 1. */
  random(): number;
  /** Runs once, `delayMs` from now; the result cancels it. */
  schedule(run: () => void, delayMs: number): () => void;
  /** Calls back when the network may have changed or a page is seen again; the result stops that. */
  watch(changed: () => void): () => void;
}

/** As long as `setTimeout` can wait; what is further off is scheduled again then. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const PLATFORM: Environment = {
  now: () => performance.timeOrigin + performance.now(),
  random: () => Math.random(),
  schedule: (run, delayMs) => {
    const timer = setTimeout(run, Math.min(delayMs, MAX_DELAY_MS));
    return () => {
      clearTimeout(timer);
    };
  },
  watch: watchPlatform,
};

/** As much of a window or worker as says that it is online, and of a document as says that it is seen. */
interface EventSource {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** Browsers tell; where they do not, as in Node, silence is found by asking alone. */
function watchPlatform(changed: () => void): () => void {
  const platform: { readonly document?: unknown; readonly navigator?: unknown } = globalThis;
  const sources: readonly (readonly [unknown, string])[] = [
    [globalThis, 'online'],
    [globalThis, 'offline'],
    [platform.document, 'visibilitychange'],
    [connectionOf(platform.navigator), 'change'],
  ];
  const stops = sources.map(([source, type]) => {
    if (!isEventSource(source)) return undefined;
    source.addEventListener(type, changed);
    return () => {
      source.removeEventListener(type, changed);
    };
  });
  return () => {
    for (const stop of stops) stop?.();
  };
}

/** Chromium alone has `navigator.connection`. */
function connectionOf(navigator: unknown): unknown {
  return typeof navigator === 'object' && navigator !== null && 'connection' in navigator
    ? navigator.connection
    : undefined;
}

function isEventSource(value: unknown): value is EventSource {
  return typeof value === 'object' && value !== null && 'addEventListener' in value;
}
