import { ALL_ROOM, inboxOf, isInbox, RequestError } from '@outcry/protocol';

import { Speakers } from '../rooms/room-rules.ts';
import type { Session } from './session.ts';

/** Rooms that every session is in from its start to its end: `@all` and its own inbox. */
export function isOwnRoom(session: Session, room: string): boolean {
  return room === ALL_ROOM || room === inboxOf(session.user);
}

/** @throws RequestError `forbidden` for somebody else's inbox */
export function checkMayJoin(session: Session, room: string): void {
  if (isInbox(room) && room !== inboxOf(session.user)) throw forbidden('only its owner joins an inbox');
}

/** Direct messages go to anybody; to everybody speaks the server alone; ordinary rooms have rules. */
export function checkMayPublish(session: Session, room: string): void {
  checkMaySpeak(session, room, 'publish');
}

export function checkMaySignal(session: Session, room: string): void {
  checkMaySpeak(session, room, 'signal');
}

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

/** @throws RequestError `forbidden` where a rule keeps the past from members */
export function checkMayReadHistory(session: Session, room: string): void {
  checkIsIn(session, room);
  if (!session.services.config.roomRules.of(room).readHistory) throw forbidden(`${room} does not show its past`);
}

/** @throws RequestError `notJoined` */
export function checkIsIn(session: Session, room: string): void {
  if (!session.memberships.has(room)) throw new RequestError('notJoined', `join ${room} first`);
}

/** @throws RequestError `forbidden` for rooms that are nobody's to list */
export function checkHasMembers(session: Session, room: string): void {
  if (!session.services.presence.isKept(room)) throw forbidden(`${room} does not list its members`);
}

export function forbidden(message: string): RequestError {
  return new RequestError('forbidden', message);
}
