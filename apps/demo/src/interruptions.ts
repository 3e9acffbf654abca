import type { Position, RoomEvent } from '@outcry/client';

import type { Interruption } from './entry.ts';

/** Reads from what a room tells, in its order, what has interrupted it: nothing is said of what did not happen. */
export class Interruptions {
  readonly #monotonicMs: () => number;
  #position: Position | undefined;
  #awaySince: number | undefined;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** What the event means to a reader; undefined where it interrupts nothing. */
  hear(event: RoomEvent): Interruption | undefined {
    switch (event.type) {
      case 'message':
        this.#position = { epoch: event.epoch, seq: event.seq };
        return undefined;
      case 'away':
        this.#awaySince ??= this.#monotonicMs();
        return undefined;
      case 'joined':
        return this.#joined(event);
      case 'gap':
        return this.#gap(event.position);
      default:
        return undefined;
    }
  }

  #joined({ isResumed, isRecovered, position }: Extract<RoomEvent, { type: 'joined' }>): Interruption | undefined {
    // Where something is missing, the gap that follows says so.
    if (isResumed && !isRecovered) return undefined;
    const awayMs = this.#takeAway();
    this.#position = position;
    return isResumed && awayMs !== undefined ? { cause: 'connection', isGap: false, awayMs } : undefined;
  }

  #gap(position: Position): Interruption | undefined {
    const before = this.#position;
    const awayMs = this.#takeAway();
    this.#position = position;
    const cause = awayMs === undefined ? 'skip' : 'connection';
    if (before === undefined) return { cause, isGap: true, awayMs };
    // Numbers that are given again belong to messages that the broker has lost.
    const hasRestarted = before.epoch !== position.epoch || position.seq < before.seq;
    if (hasRestarted) return { cause: 'restart', isGap: true, awayMs };
    const missing = position.seq - before.seq;
    if (missing > 0) return { cause, isGap: true, missing, awayMs };
    return awayMs === undefined ? undefined : { cause, isGap: false, awayMs };
  }

  #takeAway(): number | undefined {
    const awayMs = this.#awaySince === undefined ? undefined : this.#monotonicMs() - this.#awaySince;
    this.#awaySince = undefined;
    return awayMs;
  }
}
