/** By how much two good clocks may come apart: crystals do 0.005 %, and a browser need not correct its own. */
const MAX_DRIFT = 1e-4;

/**
 * The shortest time that something took by two clocks that do not agree: how far the clocks are apart, but for the shortest
 * way. It grows slowly, so that two clocks that come apart over days do not look like a way that gets longer.
 */
export class LeastDelay {
  #leastMs = Infinity;
  #seenAt = 0;

  /** Undefined before anything was seen. */
  get ms(): number | undefined {
    return this.#leastMs === Infinity ? undefined : this.#leastMs;
  }

  /** Takes what was sent `at` by the other clock and came `now`; returns how much longer it took than the quickest. */
  see(at: number, now: number): number {
    const delayMs = now - at;
    const grownMs = this.#leastMs + (now - this.#seenAt) * MAX_DRIFT;
    this.#leastMs = Math.min(delayMs, grownMs);
    this.#seenAt = now;
    return delayMs - this.#leastMs;
  }

  /** The other clock is another one from here on. */
  forget(): void {
    this.#leastMs = Infinity;
  }
}
