import { type ClientFrameOf, RequestError } from '@outcry/protocol';

import { RoomRight } from '../../identity/rights/room-rights.ts';
import { checkMayJoin, isOwnRoom } from '../room-rights.ts';
import type { Session } from '../session.ts';

const DEFAULT_HISTORY = 50;

/** Joins a room, or joins it again from another position. Answered by `joined`. */
export function handleJoin(session: Session, frame: ClientFrameOf<'join'>): Promise<void> {
  const { id, room, since, history, echo, presence } = frame;
  session.checkJoinRate();
  checkMayJoin(session, room);
  const { memberships, services } = session;
  const { maxRooms } = services.config.limits;
  const rule = services.config.roomRules.of(room);
  const isNew = !memberships.has(room) && !isOwnRoom(session, room);
  if (isNew && memberships.ordinaryCount >= maxRooms) {
    throw new RequestError('limitReached', `a session is in at most ${String(maxRooms)} rooms`);
  }
  return memberships.join(room, {
    id,
    // A position is not proof of having been there: who may not read the past may not resume into it.
    since: rule.readHistory ? since : undefined,
    history: rule.readHistory ? (history ?? DEFAULT_HISTORY) : 0,
    wantsEcho: echo ?? true,
    wantsPresence: (presence ?? false) && rule.presence && session.hasRight(RoomRight.Presence, room),
  });
}
