import { OutcryError, type RoomMessage } from '@outcry/broker';
import type { Position } from '@outcry/protocol';

import { type Continuation, type HistorySource, positionOf, readSound, TailedSource, upToRelay } from './catch-up.ts';
import type { Room } from './room.ts';

/** Messages that are read at once, beside what bounds their bytes. */
const MAX_MESSAGES = 256;
const MAX_ATTEMPTS = 3;

/**
 * Reads what follows `from` for a member that is held back: the next messages, in order and without a hole, or `lost` where
 * they are not kept any more and the member starts from the room's position, or `away` where they may be in an archive that cannot
 * be read now. As with `catchUp`, it is the caller who looks where the room is by then.
 *
 * @throws OutcryError `unavailable` where the broker does not answer, or the room is too fast to be caught up with
 */
export async function readOn(
  room: Room,
  from: Position,
  untailed: HistorySource,
): Promise<readonly RoomMessage[] | 'lost' | 'away'> {
  const source = new TailedSource(room, untailed);
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (positionOf(room).epoch !== from.epoch) return 'lost';
      if (positionOf(room).seq === from.seq) return [];
      const stored = await readSound(room, { after: from.seq, limit: MAX_MESSAGES }, source);
      if (stored === 'broken') continue;
      const next = continuation(from, upToRelay(room, stored, from.seq));
      return next === 'lost' && stored.isAway === true ? 'away' : next;
    }
    throw new OutcryError('unavailable', 'the room moves too fast to be caught up with');
  } finally {
    source.close();
  }
}

/** What does not follow, or is nothing though there is more, is not kept any more. */
function continuation(from: Position, { messages, isWhole }: Continuation): readonly RoomMessage[] | 'lost' {
  const first = messages[0]?.position.seq;
  const isUnbroken = first === undefined ? isWhole : first === from.seq + 1;
  return isUnbroken ? messages : 'lost';
}
