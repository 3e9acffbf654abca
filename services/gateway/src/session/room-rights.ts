import { ALL_ROOM, inboxOf, isInbox, RequestError } from '@outcry/protocol';

import type { Identity } from '../identity/identity.ts';
import { RoomRight } from '../identity/rights/room-rights.ts';
import { Speakers } from '../rooms/room-rules.ts';
import type { Session } from './session.ts';
import type { SessionServices } from './session-services.ts';

/** Rooms that every session is in from its start to its end: `@all` and its own inbox. */
export function isOwnRoom({ user }: { readonly user: string }, room: string): boolean {
  return room === ALL_ROOM || room === inboxOf(user);
}

/**
 * Whether the rules or the token give an identity a right in a room. Of its own rooms it may read; of others' inboxes never, nor
 * see who is there, whatever was granted by way of a pattern.
 */
export function hasRight(identity: Identity, right: RoomRight, { room, config }: RoomContext): boolean {
  const isAboutOthers = right === RoomRight.Read || right === RoomRight.Presence;
  if (isAboutOthers && isOwnRoom(identity, room)) return right === RoomRight.Read;
  if (isAboutOthers && isInbox(room)) return false;
  const { guests, users } = config.roomRules.of(room);
  return (identity.isGuest ? guests : users).has(right) || identity.grants.has(right, room);
}

export interface RoomContext extends Pick<SessionServices, 'config'> {
  readonly room: string;
}

/** @throws RequestError `forbidden` */
export function checkMayJoin(session: Session, room: string): void {
  checkHas(session, RoomRight.Read, room);
}

/** @throws RequestError `forbidden`, or `notJoined` where members alone speak */
export function checkMayPublish(session: Session, room: string): void {
  checkHas(session, RoomRight.Write, room);
  checkMaySpeak(session, room, 'publish');
}

/** @throws RequestError `forbidden`, or `notJoined` where members alone speak */
export function checkMaySignal(session: Session, room: string): void {
  checkHas(session, RoomRight.Signal, room);
  checkMaySpeak(session, room, 'signal');
}

/** To everybody speaks the server alone, and direct messages come from outside; ordinary rooms have rules. */
function checkMaySpeak(session: Session, room: string, how: 'publish' | 'signal'): void {
  if (isInbox(room)) return;
  const speakers = room === ALL_ROOM ? Speakers.Nobody : session.services.config.roomRules.of(room)[how];
  switch (speakers) {
    case Speakers.Members:
      checkIsIn(session, room);
      return;
    case Speakers.Anyone:
      return;
    case Speakers.Nobody:
      throw forbidden(`only the server speaks in ${room}`);
  }
}

/** @throws RequestError `notJoined`, or `forbidden` where a rule keeps the past from members */
export function checkMayReadHistory(session: Session, room: string): void {
  checkIsIn(session, room);
  if (!session.services.config.roomRules.of(room).readHistory) throw forbidden(`${room} does not show its past`);
}

/** @throws RequestError `notJoined` */
export function checkIsIn(session: Session, room: string): void {
  if (!session.memberships.has(room)) throw new RequestError('notJoined', `join ${room} first`);
}

/** @throws RequestError `forbidden`, for rooms that are nobody's to list, too */
export function checkMaySeeMembers(session: Session, room: string): void {
  checkHas(session, RoomRight.Presence, room);
  if (!session.services.presence.isKept(room)) throw forbidden(`${room} does not list its members`);
}

/** Rooms exist by their names alone, so there is nothing that this answer could tell of one. */
function checkHas(session: Session, right: RoomRight, room: string): void {
  if (!session.hasRight(right, room)) throw forbidden(`the session has no ${right} right in ${room}`);
}

export function forbidden(message: string): RequestError {
  return new RequestError('forbidden', message);
}
