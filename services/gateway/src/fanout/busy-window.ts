/** Below this share of its time a loop has room: what comes goes out at once. */
const FREE_SHARE = 0.35;
/** From this share on writing has to be saved: the window is as long as it may be. */
const BUSY_SHARE = 0.5;
/** How long the loop's load is remembered: longer than some windows, and shorter than anybody notices. */
const MEMORY_MS = 100;
/** Between two looks at the loop: each costs a microsecond or two. */
const LOOK_EVERY_MS = 10;
/** Timers know no shorter time. */
const SHORTEST_MS = 1;

/** How long the loop has been at work since the process began, and by the same clock for how long it has not. */
export interface LoopTimes {
  readonly activeMs: number;
  readonly idleMs: number;
}

export interface BusyWindowOptions {
  readonly maxMs: number;
  readonly readLoop: () => LoopTimes;
}

/**
 * How long relayed messages may wait for others to go out with: 0 while the loop has room, and up to `maxMs` the nearer it comes
 * to where messages would wait for the loop itself.
 *
 * Waiting saves calls of the system, which is of use only where the processor's time is short. A longer window makes the loop
 * less busy, and a less busy loop makes the window shorter, so under a steady load both come to rest between the two shares.
 */
export class BusyWindow {
  readonly #options: BusyWindowOptions;
  #seen: LoopTimes;
  #share = 0;

  constructor(options: BusyWindowOptions) {
    this.#options = options;
    this.#seen = options.readLoop();
  }

  /** The share of its time that the loop was at work lately: 0 to 1. */
  get share(): number {
    return this.#share;
  }

  /** How long the window that is about to open lasts, in milliseconds: 0, or 1 at least. */
  next(): number {
    const { maxMs } = this.#options;
    if (maxMs === 0) return 0;
    this.#look();
    const need = (this.#share - FREE_SHARE) / (BUSY_SHARE - FREE_SHARE);
    const ms = Math.min(1, need) * maxMs;
    return ms < Math.min(SHORTEST_MS, maxMs) ? 0 : ms;
  }

  #look(): void {
    const now = this.#options.readLoop();
    const activeMs = now.activeMs - this.#seen.activeMs;
    const passedMs = activeMs + now.idleMs - this.#seen.idleMs;
    if (passedMs < LOOK_EVERY_MS) return;
    this.#seen = now;
    this.#share += (activeMs / passedMs - this.#share) * (1 - Math.exp(-passedMs / MEMORY_MS));
  }
}

/** The times of this process's own loop: https://nodejs.org/api/perf_hooks.html#performanceeventlooputilizationutilization1-utilization2 */
export function readOwnLoop(): LoopTimes {
  const { active, idle } = performance.eventLoopUtilization();
  return { activeMs: active, idleMs: idle };
}
