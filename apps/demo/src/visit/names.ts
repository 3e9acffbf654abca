import { isAccountName, isAssignableUserName, isRoomName } from '@outcry/protocol';

/** Longer ones could be registered; they have to be typed at each login. */
const MAX_ACCOUNT_NAME_LENGTH = 32;
const UNSEEN = 'Up to 128 bytes without * and without characters that cannot be seen, please.';

/** What is wrong with a name to register or to log in by, in words for the visitor; or undefined. */
export function accountNameProblem(name: string): string | undefined {
  if (name === '') return 'Please choose a name.';
  if (name.length > MAX_ACCOUNT_NAME_LENGTH) {
    return `A little shorter, please: at most ${String(MAX_ACCOUNT_NAME_LENGTH)} characters.`;
  }
  if (!/^[a-z0-9]/.test(name)) return 'A name starts with a letter from a to z or a digit.';
  // The wire allows a colon, too; a browser does not, in the subprotocol that carries the name (RFC 6455 §4.1).
  if (/[^a-z0-9._-]/.test(name)) return 'Letters a to z, digits, dot, dash and underscore, please.';
  return isAccountName(name) ? undefined : takenText(name);
}

/** What is wrong with a name that a gateway takes on trust, in words for the visitor; or undefined. */
export function guestNameProblem(name: string): string | undefined {
  if (name === '') return 'Please choose a name.';
  if (isAssignableUserName(name)) return undefined;
  return /^(all|server)$/.test(name) ? takenText(name) : UNSEEN;
}

/** What is wrong with a room's name, in words for the visitor; or undefined. */
export function roomProblem(room: string): string | undefined {
  if (room === '') return 'Please choose a room.';
  if (room.startsWith('@')) return 'A room does not begin with @: that is how messages to one person are addressed.';
  return isRoomName(room) ? undefined : UNSEEN;
}

/** What a visitor typed, as the name of a room or a guest: in the form of Unicode that names have, without spaces around it. */
export function toName(typed: string): string {
  return typed.trim().normalize('NFC');
}

/** What a visitor typed, as the name of an account: those have no capitals. */
export function toAccountName(typed: string): string {
  return toName(typed).toLowerCase();
}

function takenText(name: string): string {
  return `“${name}” is taken by outcry itself. Please choose another.`;
}
