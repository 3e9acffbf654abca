/**
 * Clients a second that a gateway with nothing else to do can take: a handshake, a session and the rooms that it resumes cost about a
 * millisecond of the loop (docs/decisions/0097-make-before-break.md), and half of it is for those who are there.
 */
const MAX_PER_SECOND = 500;
/** Also one that is busy takes a few, or nobody could ever leave another that is busier. */
const MIN_PER_SECOND = 10;
/** Between two looks at the least; what came in between is judged by the look before. */
const LOOK_EVERY_MS = 500;

/** How long something has lasted, and for how much of that its loop was not idle, in milliseconds. */
export interface LoopReading {
  readonly at: number;
  readonly activeMs: number;
}

/** How many clients more this gateway can take each second, by how busy its loop has been since the last look. */
export class SpareArrivals {
  readonly #read: () => LoopReading;
  #seen: LoopReading;
  #idleShare = 1;

  constructor(read: () => LoopReading = readOwnLoop) {
    this.#read = read;
    this.#seen = read();
  }

  /** @param places That are left: no more clients than that can come at all */
  perSecond(places: number): number {
    const now = this.#read();
    const passedMs = now.at - this.#seen.at;
    if (passedMs >= LOOK_EVERY_MS) {
      this.#idleShare = Math.max(0, 1 - (now.activeMs - this.#seen.activeMs) / passedMs);
      this.#seen = now;
    }
    const byLoop = Math.max(MIN_PER_SECOND, Math.round(MAX_PER_SECOND * this.#idleShare));
    return Math.max(0, Math.min(places, byLoop));
  }
}

/** https://nodejs.org/api/perf_hooks.html#performanceeventlooputilizationutilization1-utilization2 */
function readOwnLoop(): LoopReading {
  return { at: performance.now(), activeMs: performance.eventLoopUtilization().active };
}
