/** After which what is known is forgotten: clocks are set, and do not go alike. */
const FORGET_MS = 60_000;
const SAMPLES = 16;
const NS_PER_MS = 1e6;

/**
 * What time it was when `performance.now()` said something, so that spans of several processes stand in the order in which they were.
 * `performance.timeOrigin` is read once, at a start that waits for the processor at times: it was seen to be 15 ms beside the truth.
 *
 * `Date.now()` leaves out what is behind the millisecond, and whoever waits between the two readings reads too little. So the greatest
 * difference is the nearest.
 */
export class WallClock {
  readonly #readWall: () => number;
  readonly #readSteady: () => number;
  #aheadMs = -Infinity;
  #knownAt = -Infinity;

  constructor(readWall: () => number = Date.now, readSteady: () => number = () => performance.now()) {
    this.#readWall = readWall;
    this.#readSteady = readSteady;
  }

  /** To be called now and then: each time what is known comes nearer. */
  look(): void {
    for (let i = 0; i < SAMPLES; i += 1) {
      const wall = this.#readWall();
      const steady = this.#readSteady();
      if (steady - this.#knownAt < FORGET_MS && wall - steady <= this.#aheadMs) continue;
      this.#aheadMs = wall - steady;
      if (steady - this.#knownAt >= FORGET_MS) this.#knownAt = steady;
    }
  }

  /** Nanoseconds since 1970, of a time that `performance.now()` has said. */
  nsOf(steadyMs: number): bigint {
    const ms = this.#aheadMs + steadyMs;
    const whole = Math.floor(ms);
    return BigInt(whole) * BigInt(NS_PER_MS) + BigInt(Math.round((ms - whole) * NS_PER_MS));
  }
}
