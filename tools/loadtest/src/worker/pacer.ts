import { dueBy } from '../plan/due.ts';
import type { Rate } from '../plan/plan.ts';

export interface PacerOptions {
  readonly rate: Rate;
  readonly durationMs: number;
  /** 0 to 1: how much of the rate is this pacer's. */
  readonly share: number;
  readonly send: () => void;
  /** Told how late each turn came. */
  readonly lagged: (lagMs: number) => void;
}

const TURN_MS = 2;

/** Sends when a message is due, whether or not earlier ones were answered: what is slow must not slow the load down. */
export class Pacer {
  readonly #options: PacerOptions;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #lastTurn = 0;
  #sent = 0;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#lastTurn = this.#startedAt;
    this.#timer = setInterval(() => {
      this.#turn(performance.now());
    }, TURN_MS);
  }

  /** What was due until now still goes out. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#turn(performance.now());
  }

  #turn(now: number): void {
    const { share, send, lagged } = this.#options;
    lagged(Math.max(0, now - this.#lastTurn - TURN_MS));
    this.#lastTurn = now;
    const due = Math.floor(dueBy(now - this.#startedAt, this.#options) * share);
    for (; this.#sent < due; this.#sent++) send();
  }
}
