import { delay } from '@outcry/worker';

const MINUTE_MS = 60_000;

/** The part of the venue's limit that is used here. The rest is for others behind the same address, and for clocks that differ. */
const USED_SHARE = 0.8;

/**
 * Keeps requests within what the venue lets an address use per minute of the clock, and away from it while it has asked to
 * be left alone. Going on in spite of its answers would get the address banned.
 */
export class RequestBudget {
  readonly #maxWeight: number;
  #minute = 0;
  #used = 0;
  #pausedUntil = 0;

  constructor(weightPerMinute: number) {
    this.#maxWeight = weightPerMinute * USED_SHARE;
  }

  /** Resolves when a request of that weight may be sent, and counts it; or, uncounted, when `signal` aborts. */
  async spend(weight: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const now = Date.now();
      this.#beginMinute(now);
      if (now < this.#pausedUntil) {
        await delay(this.#pausedUntil - now, signal);
      } else if (this.#used > 0 && this.#used + weight > this.#maxWeight) {
        await delay((this.#minute + 1) * MINUTE_MS - now, signal);
      } else {
        this.#used += weight;
        return;
      }
    }
  }

  /** What the venue says has been used in this minute, by everybody behind the address. */
  noteUsed(weight: number): void {
    this.#beginMinute(Date.now());
    this.#used = Math.max(this.#used, weight);
  }

  /** The venue wants no request for that long. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + ms);
  }

  #beginMinute(now: number): void {
    const minute = Math.floor(now / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#used = 0;
  }
}
