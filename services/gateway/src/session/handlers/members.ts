import type { ClientFrameOf } from '@outcry/protocol';

import { checkMaySeeMembers, checkIsIn } from '../room-rights.ts';
import type { Session } from '../session.ts';

/** Lists the users in a room, in the whole cluster. */
export async function handleMembers(session: Session, { id, room }: ClientFrameOf<'members'>): Promise<void> {
  checkMaySeeMembers(session, room);
  checkIsIn(session, room);
  const { count, members } = await session.services.presence.list(room);
  session.acknowledge(id, { count, members });
}
