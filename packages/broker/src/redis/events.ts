import type { OutcryError } from '../outcry-error.ts';

/** What an operator may want to count or log. Callbacks must not throw. */
export interface BackplaneEvents {
  /** A connection was lost, or live delivery could not be made whole; it is tried again until it is. */
  readonly onFault?: ((fault: OutcryError) => void) | undefined;
  /** Messages that live delivery had missed were read from the room's history and delivered in order. */
  readonly onGapRepaired?: ((room: string, messages: number) => void) | undefined;
  /** Something on one of our channels is not ours; it was dropped. */
  readonly onUnreadable?: ((channel: string) => void) | undefined;
}
