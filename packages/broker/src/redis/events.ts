import type { OutcryError } from '../outcry-error.ts';
import type { StorageStatus } from '../storage.ts';
import type { ServerInfo } from './server/server-info.ts';

/** What an operator may want to count or log. Callbacks must not throw. */
export interface BackplaneEvents {
  /** What the Redis is, at the start and whenever it is found again. */
  readonly onServer?: ((server: ServerInfo) => void) | undefined;
  /**
   * The start goes on to wait: a Redis could not be reached, or used. Told for each attempt, of which there are at most a few each
   * second, and in place of `onFault`.
   */
  readonly onWaiting?: ((fault: OutcryError) => void) | undefined;
  /**
   * A connection was lost or not made, or live delivery could not be made whole; it is tried again until it is. While that lasts
   * the same may be told again and again, at most a few times a second.
   */
  readonly onFault?: ((fault: OutcryError) => void) | undefined;
  /** Whether messages can be stored has changed. */
  readonly onStorage?: ((storage: StorageStatus) => void) | undefined;
  /** Messages that live delivery had missed were read from the room's history and delivered in order. */
  readonly onGapRepaired?: ((room: string, messages: number) => void) | undefined;
  /** Something on one of our channels is not ours; it was dropped. */
  readonly onUnreadable?: ((channel: string) => void) | undefined;
}
