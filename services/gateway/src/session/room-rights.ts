import { ALL_ROOM, inboxOf, isInbox, RequestError } from '@outcry/protocol';

import type { Identity } from '../identity/identity.ts';
import { RoomRight } from '../identity/rights/room-rights.ts';
import type { Memberships } from '../memberships/memberships.ts';
import type { RoomPresence } from '../presence/room-presence.ts';
import { type RoomRule, type RoomRules, Speakers } from '../rooms/room-rules.ts';

/** Whose rights are asked for. */
export interface RightsHolder {
  readonly identity: Identity;
  readonly memberships: Pick<Memberships, 'has'>;
}

export interface RoomContext {
  readonly room: string;
  readonly rules: RoomRules;
}

/** Rooms that every session is in from its start to its end: `@all` and its own inbox. */
export function isOwnRoom({ user }: { readonly user: string }, room: string): boolean {
  return room === ALL_ROOM || room === inboxOf(user);
}

/**
 * Whether the rules or the token give an identity a right in a room. Of its own rooms it may read; of others' inboxes never, nor
 * see who is there, whatever was granted by way of a pattern.
 */
export function hasRight(identity: Identity, right: RoomRight, { room, rules }: RoomContext): boolean {
  const isAboutOthers = right === RoomRight.Read || right === RoomRight.Presence;
  if (isAboutOthers && isOwnRoom(identity, room)) return right === RoomRight.Read;
  if (isAboutOthers && isInbox(room)) return false;
  const { guests, users, scopes } = rules.of(room);
  const isGiven = (identity.isGuest ? guests : users).has(right) || identity.grants.has(right, room);
  return isGiven || hasScope(identity, right, scopes);
}

function hasScope(identity: Identity, right: RoomRight, scopes: RoomRule['scopes']): boolean {
  if (scopes === undefined) return false;
  for (const scope of identity.scopes) if (scopes.get(scope)?.has(right) === true) return true;
  return false;
}

/** @throws RequestError `forbidden` */
export function checkMayJoin({ identity }: Pick<RightsHolder, 'identity'>, context: RoomContext): void {
  checkHas(identity, RoomRight.Read, context);
}

/** @throws RequestError `forbidden`, or `notJoined` where members alone speak */
export function checkMayPublish(holder: RightsHolder, context: RoomContext): void {
  checkHas(holder.identity, RoomRight.Write, context);
  checkMaySpeak(holder, 'publish', context);
}

/** @throws RequestError `forbidden`, or `notJoined` where members alone speak */
export function checkMaySignal(holder: RightsHolder, context: RoomContext): void {
  checkHas(holder.identity, RoomRight.Signal, context);
  checkMaySpeak(holder, 'signal', context);
}

function checkMaySpeak(holder: RightsHolder, how: 'publish' | 'signal', { room, rules }: RoomContext): void {
  switch (speakersIn(room, rules.of(room)[how])) {
    case Speakers.Members:
      checkIsIn(holder, room);
      return;
    case Speakers.Anyone:
      return;
    case Speakers.Nobody:
      throw forbidden(`only the server speaks in ${room}`);
  }
}

/** To everybody speaks the server alone. The only member of an inbox is its owner: who speaks to members speaks from outside. */
function speakersIn(room: string, stated: Speakers): Speakers {
  if (room === ALL_ROOM) return Speakers.Nobody;
  return isInbox(room) && stated === Speakers.Members ? Speakers.Anyone : stated;
}

/** @throws RequestError `notJoined`, or `forbidden` where a rule keeps the past from members */
export function checkMayReadHistory(holder: Pick<RightsHolder, 'memberships'>, { room, rules }: RoomContext): void {
  checkIsIn(holder, room);
  if (!rules.of(room).readHistory) throw forbidden(`${room} does not show its past`);
}

/** @throws RequestError `notJoined` */
export function checkIsIn({ memberships }: Pick<RightsHolder, 'memberships'>, room: string): void {
  if (!memberships.has(room)) throw new RequestError('notJoined', `join ${room} first`);
}

/** @throws RequestError `forbidden`, for rooms that are nobody's to list, too */
export function checkMaySeeMembers(
  { identity }: Pick<RightsHolder, 'identity'>,
  { room, rules, presence }: RoomContext & { readonly presence: Pick<RoomPresence, 'isKept'> },
): void {
  checkHas(identity, RoomRight.Presence, { room, rules });
  if (!presence.isKept(room)) throw forbidden(`${room} does not list its members`);
}

/** Rooms exist by their names alone, so there is nothing that this answer could tell of one. */
function checkHas(identity: Identity, right: RoomRight, context: RoomContext): void {
  if (!hasRight(identity, right, context)) throw forbidden(`the session has no ${right} right in ${context.room}`);
}

export function forbidden(message: string): RequestError {
  return new RequestError('forbidden', message);
}
