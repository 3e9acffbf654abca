import type { ClientFrameOf } from '@outcry/protocol';

import { checkIsIn, forbidden, isOwnRoom } from '../room-rights.ts';
import type { Session } from '../session.ts';

export function handleLeave(session: Session, { id, room }: ClientFrameOf<'leave'>): void {
  if (isOwnRoom(session, room)) throw forbidden(`nobody leaves ${room}`);
  checkIsIn(session, room);
  session.memberships.leave(room);
  session.acknowledge(id);
}
