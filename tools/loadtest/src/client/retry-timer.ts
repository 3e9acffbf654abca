/** Before what was refused or lost is tried again, give or take a half: all at once would be a storm. */
const RETRY_MS = 1000;

export function retryDelayMs(): number {
  return RETRY_MS * (0.5 + Math.random());
}

/** Tries something again, once, after a while. */
export class RetryTimer {
  #timer: NodeJS.Timeout | undefined;

  /** Does nothing where a try is due already. */
  start(act: () => void): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      act();
    }, retryDelayMs());
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
