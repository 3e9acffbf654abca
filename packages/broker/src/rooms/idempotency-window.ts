import type { Position } from '@outcry/protocol';

interface Entry {
  readonly position: Position;
  readonly expiresAt: number;
}

/** What was published under which key, for a fixed time. */
export class IdempotencyWindow {
  readonly #windowMs: number;
  /** In order of expiry, because every entry lives equally long. */
  readonly #entries = new Map<string, Entry>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  find(key: string, now: number): Position | undefined {
    this.#expire(now);
    return this.#entries.get(key)?.position;
  }

  remember(key: string, position: Position, now: number): void {
    this.#entries.set(key, { position, expiresAt: now + this.#windowMs });
  }

  clear(): void {
    this.#entries.clear();
  }

  #expire(now: number): void {
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt > now) return;
      this.#entries.delete(key);
    }
  }
}
