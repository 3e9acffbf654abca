import { createHash } from 'node:crypto';

import { isRoomName } from '@outcry/protocol';
import { z } from 'zod';

import type { SearchPlace, SearchQuery } from './archive-search.ts';

/** Longer than that of any message. */
export const MAX_CURSOR_CHARACTERS = 1024;
const HASH_BYTES = 12;

/** The last moment that there is: https://tc39.es/ecma262/#sec-time-values-and-time-range */
const MAX_TIME = 8.64e15;

/** Whoever knows the hash may have made it up: what reaches the database are names that messages have. */
const CONTENT = z.tuple([
  z.string(),
  z.int().nonnegative().max(MAX_TIME),
  z.string().refine(isRoomName),
  z.string().regex(/^[!-~]{1,64}$/),
  z.int().nonnegative(),
]);

export type Restrictions = Pick<SearchQuery, 'room' | 'sender' | 'sentFrom' | 'sentBefore' | 'words' | 'language'>;

/** The place behind which a page goes on, for the same search alone. Any gateway can read it. */
export function encodeCursor(search: Restrictions, { sentAt, room, epoch, seq }: SearchPlace): string {
  return Buffer.from(JSON.stringify([hashOf(search), sentAt, room, epoch, seq])).toString('base64url');
}

/** Undefined where it is none, or of another search. */
export function decodeCursor(search: Restrictions, cursor: string): SearchPlace | undefined {
  const content = CONTENT.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!content.success) return undefined;
  const [hash, sentAt, room, epoch, seq] = content.data;
  return hash === hashOf(search) ? { sentAt, room, epoch, seq } : undefined;
}

function hashOf({ room, sender, sentFrom, sentBefore, words, language }: Restrictions): string {
  const text = JSON.stringify([room, sender, sentFrom, sentBefore, words, language].map((value) => value ?? null));
  return createHash('sha256').update(text).digest().subarray(0, HASH_BYTES).toString('base64url');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
