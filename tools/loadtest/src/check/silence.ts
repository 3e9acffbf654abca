/** For how long one who listens heard nothing, at most. All times are of one clock, in milliseconds. */
export class Silence {
  #since: number | undefined;
  #longestMs: number | undefined;

  /** Undefined where nobody listened. */
  get longestMs(): number | undefined {
    return this.#longestMs;
  }

  begin(now: number): void {
    this.#since = now;
    this.#longestMs ??= 0;
  }

  heard(now: number): void {
    if (this.#since === undefined) return;
    this.#longestMs = Math.max(this.#longestMs ?? 0, now - this.#since);
    this.#since = Math.max(this.#since, now);
  }

  /** Whoever listens goes on purpose, and expects nothing before then. */
  excuse(now: number, until: number): void {
    this.heard(now);
    if (this.#since !== undefined) this.#since = until;
  }

  end(now: number): void {
    this.heard(now);
    this.#since = undefined;
  }
}
