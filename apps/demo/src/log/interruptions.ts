import type { RoomEvent } from '@outcry/client';

import type { Interruption } from './entry.ts';

type RoomEventOf<T extends RoomEvent['type']> = Extract<RoomEvent, { type: T }>;

/** Reads from what a room tells, in its order, what has interrupted it: nothing is said of what did not happen. */
export class Interruptions {
  readonly #monotonicMs: () => number;
  #awaySince: number | undefined;
  /** How long there was no connection before the gap that comes next. */
  #awayMs: number | undefined;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** What the event means to a reader; undefined where it interrupts nothing. */
  hear(event: RoomEvent): Interruption | undefined {
    switch (event.type) {
      case 'away':
        this.#awaySince ??= this.#monotonicMs();
        return undefined;
      case 'joined':
        return this.#joined(event);
      case 'gap':
        return this.#gap(event);
      default:
        return undefined;
    }
  }

  #joined({ isResumed, isRecovered, isReconnected }: RoomEventOf<'joined'>): Interruption | undefined {
    const awayMs = this.#awaySince === undefined ? undefined : this.#monotonicMs() - this.#awaySince;
    this.#awaySince = undefined;
    this.#awayMs = isReconnected ? awayMs : undefined;
    // Where something is missing, the gap that follows says so.
    if (!isResumed || !isRecovered || !isReconnected) return undefined;
    return { cause: 'connection', isGap: false, awayMs };
  }

  #gap({ missed }: RoomEventOf<'gap'>): Interruption | undefined {
    const awayMs = this.#awayMs;
    this.#awayMs = undefined;
    // Only a room that is numbered anew cannot say how many.
    if (missed === undefined) return { cause: 'restart', isGap: true, awayMs };
    const cause = awayMs === undefined ? 'skip' : 'connection';
    if (missed > 0) return { cause, isGap: true, missing: missed, awayMs };
    return awayMs === undefined ? undefined : { cause, isGap: false, awayMs };
  }
}
