const TICK_MS = 5;
/** Shorter ones move too few to matter. */
const LEAST_STALL_MS = 15;

/** A time in which this process has not come to anything, by `performance.now()`. */
export interface Stall {
  readonly from: number;
  readonly to: number;
}

/** Notes when the loop of this process stands still: whatever came meanwhile seems to come together afterwards. */
export class StallWatch implements Disposable {
  readonly stalls: Stall[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      if (now - last >= LEAST_STALL_MS) this.stalls.push({ from: last, to: now });
      last = now;
    }, TICK_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** So many, in a time as long as so many windows. */
export interface Span {
  readonly count: number;
  readonly windows: number;
}

export interface SpansOptions {
  readonly windowMs: number;
  /** Windows at the beginning that are left out. */
  readonly skipped: number;
  readonly stalls: readonly Stall[];
}

/**
 * How many events fall into each window, in the order of time: the last one is left out, for it ends in its midst. A window that would
 * end in a stall, or with what came in it just behind, goes on to the end of the next one: the event's own time is not known there.
 */
export function spansOf(events: readonly number[], { windowMs, skipped, stalls }: SpansOptions): readonly Span[] {
  const first = Math.min(...events);
  const windows = Math.floor((Math.max(...events) - first) / windowMs);
  const spans: Span[] = [];
  let open = { count: 0, windows: 0 };
  for (let window = skipped; window < windows; window += 1) {
    const [from, to] = [first + window * windowMs, first + (window + 1) * windowMs];
    const count = events.filter((at) => at >= from && at < to).length;
    open = { count: open.count + count, windows: open.windows + 1 };
    if (stalls.some((stall) => to >= stall.from && to <= stall.to + TICK_MS)) continue;
    spans.push(open);
    open = { count: 0, windows: 0 };
  }
  return spans;
}

/** By which share of what it would be if all were even a span differs at most. */
export function unevenness(spans: readonly Span[]): number {
  const mean = sumOf(spans, 'count') / sumOf(spans, 'windows');
  return Math.max(...spans.map(({ count, windows }) => Math.abs(count - mean * windows) / (mean * windows)));
}

function sumOf(spans: readonly Span[], what: keyof Span): number {
  return spans.reduce((sum, span) => sum + span[what], 0);
}
