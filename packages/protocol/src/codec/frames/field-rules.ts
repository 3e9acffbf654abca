import {
  KEY_PATTERN,
  MAX_ID_BYTES,
  MAX_SYMBOLS,
  MAX_TOKEN_BYTES,
  MAX_TRACE_BYTES,
  NAME_PATTERN,
} from '../../field-limits.ts';
import { RequestError } from '../../errors.ts';
import { isRoomName, isUserName, NAME_RULE } from '../../names/room-name.ts';
import { isSymbol, SYMBOL_RULE } from '../../names/symbol.ts';
import type { FieldKind, RequestId } from '../../schema.ts';
import { isWithinBytes } from '../../utf8-length.ts';
import { isWellFormed } from '../../well-formed.ts';

/** What is said to a client whose field is not of its kind. */
const EXPECTED: Partial<Record<FieldKind, string>> = {
  id: `an unsigned integer up to 2^53-1 or a string of at most ${String(MAX_ID_BYTES)} bytes`,
  token: `a string of 1 to ${String(MAX_TOKEN_BYTES)} bytes`,
  room: `a room name (${NAME_RULE}), @all, or @<user>`,
  user: `a user name (${NAME_RULE})`,
  name: 'a name: a small letter, then letters, digits and ._- (32 at most)',
  key: 'printable ASCII without spaces (64 at most)',
  trace: `a string of at most ${String(MAX_TRACE_BYTES)} bytes`,
  symbol: `a symbol: ${SYMBOL_RULE}`,
  symbols: `1 to ${String(MAX_SYMBOLS)} symbols`,
  uint: 'an unsigned integer up to 2^53-1',
  bool: 'true or false',
  position: 'a position: epoch and seq',
  payload: 'any value',
};

const STRING_RULES: Partial<Record<FieldKind, (text: string) => boolean>> = {
  token: (text) => text.length > 0 && isWithinBytes(text, MAX_TOKEN_BYTES) && isWellFormed(text),
  room: isRoomName,
  user: isUserName,
  name: (text) => NAME_PATTERN.test(text),
  key: (text) => KEY_PATTERN.test(text),
  trace: (text) => isWithinBytes(text, MAX_TRACE_BYTES),
  symbol: isSymbol,
};

/** Whether a string may stand in a field of this kind; kinds that are no strings say no. */
export function isStringOfKind(kind: FieldKind, text: string): boolean {
  return STRING_RULES[kind]?.(text) ?? false;
}

/** Whether a string can be a request's id: short, and of text that can be sent back. */
export function isIdText(text: string): boolean {
  return isWithinBytes(text, MAX_ID_BYTES) && isWellFormed(text);
}

/** Whether a request may name so many symbols. */
export function isSymbolCount(count: number): boolean {
  return count > 0 && count <= MAX_SYMBOLS;
}

export function isUint(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** What is said of a field that is missing or not of its kind. */
export function expectedOf({ name, kind }: { readonly name: string; readonly kind: FieldKind }): string {
  return `${name}: expected ${EXPECTED[kind] ?? kind}`;
}

export function unknownType(what: string, id?: RequestId): RequestError {
  return new RequestError('unknownType', `${what} is not a request of protocol version 1`, { id });
}
