import { messageFrameToJson, SERVER_USER } from '@outcry/protocol';
import { z } from 'zod';

import { type FoundMessage, SearchError, type SearchRefusal } from '../../archive/archive-search.ts';
import { Access } from '../access.ts';
import { defineCommand } from '../api-command.ts';
import { ApiError, type ApiErrorCode } from '../api-error.ts';
import { position, roomPattern, user } from '../fields.ts';
import { decodeCursor, encodeCursor, MAX_CURSOR_CHARACTERS } from '../../archive/search-cursor.ts';

const MAX_MESSAGES = 100;
const MAX_WORDS_CHARACTERS = 256;

const ERROR_CODES: Readonly<Record<SearchRefusal, ApiErrorCode>> = {
  tooCostly: 'searchTooCostly',
  tooMany: 'tooManySearches',
  noLanguage: 'noLanguage',
  unavailable: 'unavailable',
};

const time = z.int().nonnegative();
const words = z
  .string()
  .refine(isSearchable, `expected 1 to ${String(MAX_WORDS_CHARACTERS)} characters without U+0000`)
  .meta({
    minLength: 1,
    maxLength: MAX_WORDS_CHARACTERS,
    pattern: '^[^\\u0000]*$',
    description:
      'Words that the message has in any of its texts, in any of their forms: `"in this order"`, `or`, and `-without`.',
    examples: ['bid or ask'],
  });

export const search = defineCommand({
  summary: 'A page of what is archived: by room, sender, time and words, the newest first.',
  access: Access.Look,
  params: z.strictObject({
    room: roomPattern.optional().meta({
      description: 'A room, or a pattern of rooms and inboxes in which `*` stands for any characters.',
    }),
    from: z.union([user, z.literal(SERVER_USER)], `expected a user, or ${SERVER_USER}`).optional(),
    sentFrom: time.optional().meta({ description: 'Unix milliseconds: what was sent then, or later.' }),
    sentBefore: time.optional().meta({ description: 'Unix milliseconds: what was sent earlier.' }),
    text: words.optional(),
    language: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,31}$/, 'expected the name of a text search configuration, such as english')
      .optional()
      .meta({ description: 'Of `text`, one of those that are indexed. Where there is one, it need not be said.' }),
    limit: z.int().min(1).max(MAX_MESSAGES).default(50),
    cursor: z
      .string()
      .max(MAX_CURSOR_CHARACTERS)
      .optional()
      .meta({ description: 'Of the page before this one. All else but `limit` has to be as it was.' }),
  }),
  result: z.object({
    messages: z.array(
      z.object({
        room: z.string(),
        ...position,
        sentAt: z.int().meta({ description: 'When it was numbered: by this it is found, and stands in order.' }),
        from: z.string(),
        at: z.int(),
        data: z.unknown(),
      }),
    ),
    cursor: z.string().optional().meta({ description: 'There is more, and this leads to it.' }),
  }),
  async run({ search: archive, past }, { from, text, limit, cursor, ...rest }) {
    if (archive === undefined) throw new ApiError('noArchive', 'no archive is searched here: OUTCRY_ARCHIVE_URL');
    const restrictions = { ...rest, sender: from, words: text };
    const behind = cursor === undefined ? undefined : decodeCursor(restrictions, cursor);
    if (cursor !== undefined && behind === undefined) {
      throw new ApiError('malformed', 'expected the cursor of a page of this very search', 'cursor');
    }
    const query = { ...restrictions, behind, limit, maxBytes: past.pageBytes };
    const { messages, hasMore } = await archive.search(query).catch((err: unknown) => {
      throw err instanceof SearchError ? new ApiError(ERROR_CODES[err.code], err.message) : err;
    });
    const last = messages.at(-1);
    return {
      messages: messages.map(toFound),
      ...(hasMore && last !== undefined ? { cursor: encodeCursor(restrictions, placeOf(last)) } : {}),
    };
  },
});

function placeOf({ room, position: { epoch, seq }, sentAt }: FoundMessage) {
  return { sentAt, room, epoch, seq };
}

interface Content {
  readonly from: string;
  readonly at: number;
  readonly data: unknown;
}

function toFound({ room, position: { epoch, seq }, sentAt, frame }: FoundMessage) {
  const { from, at, data } = JSON.parse(messageFrameToJson(frame)) as Content;
  return { room, epoch, seq, sentAt, from, at, data };
}

/** Counted in code points, as JSON Schema counts. */
function isSearchable(text: string): boolean {
  const { length } = Array.from(text);
  return length >= 1 && length <= MAX_WORDS_CHARACTERS && !text.includes('\0');
}
