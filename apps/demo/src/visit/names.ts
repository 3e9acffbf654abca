import { isAccountName, isRoomName } from '@outcry/protocol';

/** Longer names are allowed on the wire; here they have to fit beside a message. */
export const MAX_NAME_LENGTH = 32;

/** What is wrong with a name, in words for the visitor; or undefined. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'Please choose a name.';
  if (name.length > MAX_NAME_LENGTH) return `A little shorter, please: at most ${String(MAX_NAME_LENGTH)} characters.`;
  if (!/^[a-z0-9]/.test(name)) return 'A name starts with a letter from a to z or a digit.';
  // The wire allows a colon, too; a browser does not, in the subprotocol that carries the name (RFC 6455 §4.1).
  if (name.includes(':') || /[^a-z0-9._-]/.test(name))
    return 'Letters a to z, digits, dot, dash and underscore, please.';
  if (!isAccountName(name)) return `“${name}” is taken by outcry itself. Please choose another.`;
  return undefined;
}

/** What is wrong with a room's name, in words for the visitor; or undefined. */
export function roomProblem(room: string): string | undefined {
  if (room === '') return 'Please choose a room.';
  if (room.startsWith('@')) return 'A room does not begin with @: that is how messages to one person are addressed.';
  if (!isRoomName(room)) return 'Up to 128 bytes without * and without characters that cannot be seen, please.';
  return undefined;
}

/** What a visitor typed, as a room: in the form of Unicode that rooms have, and without spaces around it. */
export function toRoom(typed: string): string {
  return typed.trim().normalize('NFC');
}

/** What a visitor typed, as a name: names have no capitals and no spaces around them. */
export function toName(typed: string): string {
  return typed.trim().toLowerCase();
}
