import { isNameText, MAX_NAME_BYTES } from './name-text.ts';

/** Accounts that outcry itself registers: nobody shall be taken for somebody else, so there are few letters to choose from. */
const ACCOUNT_PATTERN = /^[a-z0-9][a-z0-9._:-]{0,126}$/;

/** The room of every connection; only the server publishes to it. */
export const ALL_ROOM = '@all';

/** The author of what a server of the operator's says. */
export const SERVER_USER = 'server';

/** What a name is, for those who gave something else. */
export const NAME_RULE = `1 to ${String(MAX_NAME_BYTES)} bytes of Unicode in NFC, without *, control and invisible characters, and white space at its ends`;

/** `*` stands for any run of characters where rooms are named by patterns, and for nothing else anywhere. */
export function isUserName(text: string): boolean {
  return isNameText(text) && !text.includes('*');
}

/** An ordinary room, `@all`, or an inbox `@<user>`: what else begins with `@` is not given out. */
export function isRoomName(text: string): boolean {
  return isUserName(text.startsWith('@') ? text.slice(1) : text);
}

/** A room name, in which `*` may stand for any run of characters, empty ones included. */
export function isRoomPattern(text: string): boolean {
  return isNameText(text.startsWith('@') ? text.slice(1) : text);
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

/** A name under which somebody may register with outcry itself: guests have names of their own. */
export function isAccountName(text: string): boolean {
  return ACCOUNT_PATTERN.test(text) && isAssignableUserName(text) && !text.startsWith('guest-');
}
