import { OutcryError, type RoomMessage } from '@outcry/broker';
import type { Position } from '@outcry/protocol';

import { type HistorySource, positionOf, readSound, TailedSource, upToRelay } from './catch-up.ts';
import type { Room } from './room.ts';

/** The next messages for a member that is held back, in order and without a hole. */
export interface ReadOn {
  readonly messages: readonly RoomMessage[];
  /** They lead up to the room's own position: what comes next comes live. */
  readonly isWhole: boolean;
}

/** What was missed is not kept any more: the member starts from the room's position. */
export interface StartAfresh {
  readonly reset: Position;
}

/** Messages that are read at once, beside what bounds their bytes. */
const MAX_MESSAGES = 256;
const MAX_ATTEMPTS = 3;

/**
 * Reads what follows `from`, a part at a time. As with `catchUp`, the caller acts
 * in the same turn as the reading ends, so that nothing can come between.
 *
 * @throws OutcryError `unavailable` where the broker does not answer, or the room is too fast to be caught up with
 */
export async function readOn(room: Room, from: Position, untailed: HistorySource): Promise<ReadOn | StartAfresh> {
  const source = new TailedSource(room, untailed);
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (positionOf(room).epoch !== from.epoch) return { reset: positionOf(room) };
      if (positionOf(room).seq === from.seq) return { messages: [], isWhole: true };
      const stored = await readSound(room, { after: from.seq, limit: MAX_MESSAGES }, source);
      if (stored !== 'broken') return continuation(room, from, upToRelay(room, stored, from.seq));
    }
    throw new OutcryError('unavailable', 'the room moves too fast to be caught up with');
  } finally {
    source.close();
  }
}

/** What does not follow, or is nothing though there is more, is not kept any more. */
function continuation(room: Room, from: Position, next: ReadOn): ReadOn | StartAfresh {
  const first = next.messages[0]?.position.seq;
  const isUnbroken = first === undefined ? next.isWhole : first === from.seq + 1;
  return isUnbroken ? next : { reset: positionOf(room) };
}
