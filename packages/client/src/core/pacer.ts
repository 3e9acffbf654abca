/** A token bucket: frames that may be sent now, so that a burst of resumed rooms does not break the gateway's rate limit. */
export class Pacer {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt = 0;

  /** `perSecond` frames on average and twice as many at once; 0 does not limit. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#burst = perSecond * 2;
    this.#tokens = this.#burst;
  }

  /** A new connection begins with a full bucket. */
  refill(now: number): void {
    this.#tokens = this.#burst;
    this.#filledAt = now;
  }

  canSend(now: number): boolean {
    if (this.#perSecond === 0) return true;
    const gained = ((now - this.#filledAt) * this.#perSecond) / 1000;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filledAt = now;
    return this.#tokens >= 1;
  }

  take(): void {
    this.#tokens -= 1;
  }

  /** When the next frame may go, after `canSend` has said no. */
  get readyAt(): number {
    return this.#filledAt + Math.max(1, Math.ceil(((1 - this.#tokens) * 1000) / this.#perSecond));
  }
}
