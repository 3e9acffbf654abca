const WINDOW_MS = 5_000;

/** How often something happens: an average over the last five seconds. */
export class Rate {
  #times: number[] = [];
  #since: number | undefined;

  record(now: number): void {
    this.#since ??= now;
    this.#times.push(now);
  }

  /** Events per second; over a shorter time while five seconds have not passed since the first. */
  perSecond(now: number): number {
    this.#times = this.#times.filter((time) => now - time < WINDOW_MS);
    if (this.#since === undefined) return 0;
    const spanMs = Math.min(WINDOW_MS, Math.max(1_000, now - this.#since));
    return (this.#times.length * 1_000) / spanMs;
  }

  reset(): void {
    this.#times = [];
    this.#since = undefined;
  }
}
