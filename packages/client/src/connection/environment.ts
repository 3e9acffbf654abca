/**
 * What a platform tells of itself: there may be another network than before, there may be none, or a page is seen again.
 */
export type PlatformChange = 'online' | 'offline' | 'seen';

/** What the client needs of the machine that it runs on. */
export interface Environment {
  /** Milliseconds that never go back, whatever becomes of the date: Unix time when the page or process began. */
  now(): number;
  /** From 0 up to 1. */
  random(): number;
  /** Runs once, `delayMs` from now; the result cancels it. */
  schedule(run: () => void, delayMs: number): () => void;
  /** Calls back when the network may have changed or a page is seen again; the result stops that. */
  watch(changed: (change: PlatformChange) => void): () => void;
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
function watchPlatform(changed: (change: PlatformChange) => void): () => void {
  const platform: { readonly document?: unknown; readonly navigator?: unknown } = globalThis;
  const sources: readonly (readonly [source: unknown, type: string, change: PlatformChange])[] = [
    [globalThis, 'online', 'online'],
    [globalThis, 'offline', 'offline'],
    [platform.document, 'visibilitychange', 'seen'],
    [connectionOf(platform.navigator), 'change', 'online'],
  ];
  const stops = sources.map(([source, type, change]) => {
    if (!isEventSource(source)) return undefined;
    const tell = (): void => {
      if (!isHidden(source)) changed(change);
    };
    source.addEventListener(type, tell);
    return () => {
      source.removeEventListener(type, tell);
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

function isHidden(source: unknown): boolean {
  return (
    typeof source === 'object' && source !== null && 'visibilityState' in source && source.visibilityState === 'hidden'
  );
}

function isEventSource(value: unknown): value is EventSource {
  return typeof value === 'object' && value !== null && 'addEventListener' in value;
}
