/**
 * So long the loop may be without a free moment: half of the time that a client waits for its `welcome` (docs/CLIENT.md), so whoever is
 * let in is served before it gives up.
 */
const MAX_BUSY_MS = 5000;
/** Nobody is sent away for longer. */
const MAX_AWAY_MS = 30_000;
/** A gateway that let in fewer than that was busy with something else. */
const MIN_PER_MS = 0.1;

/** How long something has lasted, and for how much of that its loop had nothing to do, in milliseconds. */
export interface IdleReading {
  readonly at: number;
  readonly idleMs: number;
}

/**
 * Lets clients in as long as what comes with them gets done: until the loop has had no free moment for a while. Those who come then are
 * given turns, one after the other, at the rate at which clients were let in meanwhile, for that is what this gateway has shown that it can.
 */
export class ArrivalPace {
  readonly #read: () => IdleReading;
  #idleMs = -1;
  #busySince = 0;
  #admitted = 0;
  #refused = 0;

  constructor(read: () => IdleReading = readOwnLoop) {
    this.#read = read;
  }

  /** One more: for how many ms it should stay away; 0 where it is let in. */
  arrive(): number {
    const { at, idleMs } = this.#read();
    if (idleMs !== this.#idleMs) this.#begin(at, idleMs);
    if (at - this.#busySince < MAX_BUSY_MS) {
      this.#admitted += 1;
      return 0;
    }
    this.#refused += 1;
    const perMs = Math.max(MIN_PER_MS, this.#admitted / MAX_BUSY_MS);
    return Math.min(MAX_AWAY_MS, this.#refused / perMs);
  }

  /** The loop has had a free moment since the last arrival: what there was is done. */
  #begin(at: number, idleMs: number): void {
    this.#busySince = at;
    this.#idleMs = idleMs;
    this.#admitted = this.#refused = 0;
  }
}

/** https://nodejs.org/api/perf_hooks.html#performanceeventlooputilizationutilization1-utilization2 */
function readOwnLoop(): IdleReading {
  return { at: performance.now(), idleMs: performance.eventLoopUtilization().idle };
}
