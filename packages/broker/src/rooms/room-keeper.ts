import type { RoomMessage } from './broker.ts';

/** Behind what a numbering goes on. */
export interface KeptNumbering {
  /** Of the newest message that was kept. */
  readonly seq: number;
  /** Where the epochs ended that it goes on from, by epoch: the last few. */
  readonly ended: ReadonlyMap<string, number>;
}

/** What outlives the process of rooms that are in its memory. Called in the middle of a step, so it answers at once. */
export interface RoomKeeper {
  /**
   * A room begins to be numbered, under a new epoch. Undefined where nothing was kept of it.
   *
   * @throws OutcryError `unavailable`
   */
  begin(room: string, epoch: string): KeptNumbering | undefined;
  /** A message has been numbered whose retention says that it is archived. Never throws. */
  keep(message: RoomMessage): void;
  /**
   * What was said in a room is not to be had any more. Its numbering goes on.
   *
   * @throws OutcryError `unavailable`, where it can be had still
   */
  forget(room: string): void;
}
