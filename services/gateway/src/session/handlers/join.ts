import { type ClientFrameOf, type CloseCode, RequestError } from '@outcry/protocol';

import type { Identity } from '../../identity/identity.ts';
import { RoomRight } from '../../identity/rights/room-rights.ts';
import type { Owner, StoredLimits } from '../../limits/stored-limits.ts';
import type { Memberships } from '../../memberships/memberships.ts';
import type { RoomDirectory } from '../../rooms/room-directory.ts';
import type { RoomRules } from '../../rooms/room-rules.ts';
import { checkJoinRate, type RateParts } from '../rates.ts';
import { checkMayJoin, hasRight, isOwnRoom } from '../room-rights.ts';
import type { SessionLimits } from '../settings.ts';

const DEFAULT_HISTORY = 50;

interface Client extends Owner {
  readonly identity: Identity;
  readonly memberships: Pick<Memberships, 'has' | 'join' | 'ordinaryCount'>;
  close(closeCode: CloseCode): void;
}

interface Services extends RateParts {
  readonly rooms: Pick<RoomDirectory, 'get'>;
  readonly storedLimits: Pick<StoredLimits, 'checkRooms' | 'countRoom'>;
  readonly rules: RoomRules;
  readonly limits: Pick<SessionLimits, 'maxRooms'>;
}

/** Joins a room, or joins it again from another position. Answered by `joined`. */
export function handleJoin(client: Client, frame: ClientFrameOf<'join'>, services: Services): Promise<void> {
  checkJoinRate(client, services);
  return join(client, frame, services);
}

/** Joins at whatever rate. @throws RequestError where the session may not, or is in too many rooms */
export function join(client: Client, frame: ClientFrameOf<'join'>, services: Services): Promise<void> {
  const { id, room, since, history, echo, presence, info } = frame;
  const { rules, limits, rooms, storedLimits } = services;
  const { identity, memberships } = client;
  checkMayJoin(client, { room, rules });
  const isNew = !memberships.has(room) && !isOwnRoom(identity, room);
  if (isNew && memberships.ordinaryCount >= limits.maxRooms) {
    throw new RequestError('limitReached', `a session is in at most ${String(limits.maxRooms)} rooms`);
  }
  // What is delivered here was counted when that began.
  const isHere = rooms.get(room) !== undefined;
  if (isNew && !isHere) storedLimits.checkRooms(client);
  const rule = rules.of(room);
  const joining = memberships.join(room, {
    id,
    // A position is not proof of having been there: who may not read the past may not resume into it.
    since: rule.readHistory ? since : undefined,
    history: rule.readHistory ? (history ?? DEFAULT_HISTORY) : 0,
    wantsEcho: echo ?? true,
    wantsPresence: (presence ?? false) && rule.presence && hasRight(identity, RoomRight.Presence, { room, rules }),
    wantsInfo: info ?? false,
  });
  if (!isNew || isHere) return joining;
  return joining.then(() => {
    if (rooms.get(room)?.position?.seq === 0) storedLimits.countRoom(client);
  });
}
