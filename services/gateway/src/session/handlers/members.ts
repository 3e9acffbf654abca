import type { ClientFrameOf } from '@outcry/protocol';

import type { RoomPresence } from '../../presence/room-presence.ts';
import type { RoomRules } from '../../rooms/room-rules.ts';
import { acknowledge, type Answerable } from '../answers.ts';
import { checkIsIn, checkMaySeeMembers, type RightsHolder } from '../room-rights.ts';

interface Services {
  readonly presence: Pick<RoomPresence, 'isKept' | 'list'>;
  readonly rules: RoomRules;
}

/** Lists the users in a room, in the whole cluster. */
export async function handleMembers(
  client: Answerable & RightsHolder,
  { id, room }: ClientFrameOf<'members'>,
  { presence, rules }: Services,
): Promise<void> {
  checkMaySeeMembers(client, { room, rules, presence });
  checkIsIn(client, room);
  const { count, members } = await presence.list(room);
  acknowledge(client, id, { count, members });
}
