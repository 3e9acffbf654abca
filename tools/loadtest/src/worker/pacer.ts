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
const MS_PER_SECOND = 1000;

/** Messages that are due after some time: what the rate gives, added up. */
export function dueBy(elapsedMs: number, { rate, durationMs }: Pick<PacerOptions, 'rate' | 'durationMs'>): number {
  const elapsed = Math.min(elapsedMs, durationMs);
  const slope = durationMs === 0 ? 0 : (rate.to - rate.from) / durationMs;
  return (elapsed * (rate.from + (slope * elapsed) / 2)) / MS_PER_SECOND;
}

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

  stop(): void {
    clearInterval(this.#timer);
  }

  #turn(now: number): void {
    const { share, send, lagged } = this.#options;
    lagged(Math.max(0, now - this.#lastTurn - TURN_MS));
    this.#lastTurn = now;
    const due = Math.floor(dueBy(now - this.#startedAt, this.#options) * share);
    for (; this.#sent < due; this.#sent++) send();
  }
}
