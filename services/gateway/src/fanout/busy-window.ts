/** From this share of a core on writing has to be saved, and at the second one the window is as long as it may be. */
const CPU_SHARES = { from: 0.5, to: 0.6 } as const;
/** The same for the time that the loop is not idle: where others have the processor, it is at work and gets nothing done. */
const LOOP_SHARES = { from: 0.75, to: 0.9 } as const;
/** How long the load is remembered: longer than some windows, and shorter than anybody notices. */
const MEMORY_MS = 100;
/** Between two looks: each costs a microsecond or two. */
const LOOK_EVERY_MS = 10;
/** Timers know no shorter time. */
const SHORTEST_MS = 1;

/** What this process has used since some moment in the past, in milliseconds. */
export interface LoadReading {
  /** Of a processor, all threads. */
  readonly cpuMs: number;
  /** In which its loop was not idle. */
  readonly activeMs: number;
}

export interface BusyWindowOptions {
  readonly maxMs: number;
  readonly readLoad: () => LoadReading;
  /** The monotonic clock, in milliseconds. */
  readonly now?: () => number;
}

/**
 * How long relayed messages may wait for others to go out with, and published ones: 0 while there is room on the core, and up to
 * `maxMs` the nearer it comes to where messages would wait for the processor itself.
 *
 * Waiting saves calls of the system, which is of use only where the processor's time is short. A longer window uses less of it,
 * and with less use the window is shorter, so under a steady load both come to rest.
 */
export class BusyWindow {
  readonly #maxMs: number;
  readonly #readLoad: () => LoadReading;
  readonly #now: () => number;
  #seen: LoadReading;
  #seenAt: number;
  #cpuShare = 0;
  #loopShare = 0;

  constructor({ maxMs, readLoad, now = () => performance.now() }: BusyWindowOptions) {
    this.#maxMs = maxMs;
    this.#readLoad = readLoad;
    this.#now = now;
    this.#seen = readLoad();
    this.#seenAt = now();
  }

  /** How long the window that is about to open lasts, in milliseconds: 0, or 1 at least. */
  next(): number {
    const maxMs = this.#maxMs;
    if (maxMs === 0) return 0;
    this.#look();
    const need = Math.max(riseOf(this.#cpuShare, CPU_SHARES), riseOf(this.#loopShare, LOOP_SHARES));
    const ms = Math.min(1, need) * maxMs;
    return ms < Math.min(SHORTEST_MS, maxMs) ? 0 : ms;
  }

  #look(): void {
    const at = this.#now();
    const passedMs = at - this.#seenAt;
    if (passedMs < LOOK_EVERY_MS) return;
    const now = this.#readLoad();
    const weight = 1 - Math.exp(-passedMs / MEMORY_MS);
    this.#cpuShare += ((now.cpuMs - this.#seen.cpuMs) / passedMs - this.#cpuShare) * weight;
    this.#loopShare += ((now.activeMs - this.#seen.activeMs) / passedMs - this.#loopShare) * weight;
    this.#seen = now;
    this.#seenAt = at;
  }
}

/** 0 where the share is where the rise begins, 1 where it ends. */
function riseOf(share: number, { from, to }: { readonly from: number; readonly to: number }): number {
  return (share - from) / (to - from);
}

/** Of this process: getrusage(2), and https://nodejs.org/api/perf_hooks.html#performanceeventlooputilizationutilization1-utilization2 */
export function readOwnLoad(): LoadReading {
  const { user, system } = process.cpuUsage();
  const { active } = performance.eventLoopUtilization();
  return { cpuMs: (user + system) / 1000, activeMs: active };
}
