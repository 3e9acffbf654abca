/** Ordinary rooms. `:` may stand in a name, `/`, `{` and `}` may not: the broker builds its own names with those. */
const ROOM_PATTERN = /^[a-z0-9][a-z0-9._:-]{0,127}$/;
const USER_PATTERN = /^[a-z0-9][a-z0-9._:-]{0,126}$/;

/** The room of every connection; only the server publishes to it. */
export const ALL_ROOM = '@all';

/** The author of what a server of the operator's says. */
export const SERVER_USER = 'server';

export function isUserName(text: string): boolean {
  return USER_PATTERN.test(text);
}

/** An ordinary room, `@all`, or an inbox `@<user>`. */
export function isRoomName(text: string): boolean {
  return text.startsWith('@') ? isUserName(text.slice(1)) : ROOM_PATTERN.test(text);
}

/** The room of direct messages to a user. `@all` can never be one: the user name `all` is reserved. */
export function inboxOf(user: string): string {
  return `@${user}`;
}

export function isInbox(room: string): boolean {
  return room.startsWith('@') && room !== ALL_ROOM;
}

/** A name that a user may bear: `all` would make an inbox of the room of everybody, and `server` is the operator's. */
export function isAssignableUserName(text: string): boolean {
  return isUserName(text) && inboxOf(text) !== ALL_ROOM && text !== SERVER_USER;
}
