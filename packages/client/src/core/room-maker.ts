/** Clients that make room for others do so once in this time. */
const MOVE_AGAIN_MS = 3_600_000;

/** Whether a client may leave a gateway that stays: where it did not do so lately, whichever that was. */
export class RoomMaker {
  #leftAt = -Infinity;

  /** Counts as having left. */
  mayLeave(now: number): boolean {
    if (now - this.#leftAt < MOVE_AGAIN_MS) return false;
    this.#leftAt = now;
    return true;
  }
}
