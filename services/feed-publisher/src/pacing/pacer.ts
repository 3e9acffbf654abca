import { delay } from '@outcry/worker';

/** Later than this, and lost time is given up: a feed that had to wait goes on at its pace and does not race to catch up. */
const MAX_LAG_MS = 1000;

/** As long as a pacer with nothing to wait for holds the event loop before it lets others run. */
const MAX_RUN_MS = 10;

/** Spreads events over real time as they were spread over recorded or simulated time, `speed` times as fast. */
export class Pacer {
  readonly #speed: number;
  #anchor: { readonly eventAt: number; readonly realAt: number } | undefined;
  #yieldedAt = -Infinity;

  /** @param speed A factor; `Infinity` never waits. */
  constructor(speed: number) {
    this.#speed = speed;
  }

  /** Forgets the past: the next event is due at once, the others relative to it. */
  restart(): void {
    this.#anchor = undefined;
  }

  /** Resolves when the event of that time (in ms, from any origin) is due, or at once when `signal` aborts. */
  async waitUntil(eventAt: number, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    this.#anchor ??= { eventAt, realAt: now };
    const dueAt = this.#anchor.realAt + (eventAt - this.#anchor.eventAt) / this.#speed;
    if (now - dueAt > MAX_LAG_MS) this.#anchor = { eventAt, realAt: now };
    if (dueAt > now) await delay(dueAt - now, signal);
    else if (now - this.#yieldedAt > MAX_RUN_MS) await new Promise((resolve) => setImmediate(resolve));
    else return;
    this.#yieldedAt = performance.now();
  }
}
