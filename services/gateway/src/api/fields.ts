import { ALL_ROOM, isAssignableUserName, isRoomName, isRoomPattern, NAME_RULE, SERVER_USER } from '@outcry/protocol';
import { z } from 'zod';

import { MAX_PATTERNS } from '../identity/rights/grant-list.ts';
import { RoomRight } from '../identity/rights/room-rights.ts';

const ROOM_EXPECTED = `expected a room (${NAME_RULE}), @all, or @ and a user`;
const USER_EXPECTED = `expected a user (${NAME_RULE})`;

/** JSON Schema counts characters; the longest names have as many as bytes. The formats stand for the whole rule. */
const MAX_NAME_CHARACTERS = 128;
/** What regular expressions of every dialect can say of names: no `*`, no control characters, no blanks at the ends. */
const NAME_END = '[^\\u0000-\\u0020\\u007f-\\u00a0*]';
const NAME_PATTERN = `^${NAME_END}([^\\u0000-\\u001f\\u007f-\\u009f*]*${NAME_END})?$`;

export const room = z
  .string()
  .refine(isRoomName, ROOM_EXPECTED)
  .meta({
    format: 'outcry-room',
    pattern: NAME_PATTERN,
    minLength: 1,
    maxLength: '@'.length + MAX_NAME_CHARACTERS,
    anyOf: [{ maxLength: MAX_NAME_CHARACTERS }, { pattern: '^@' }],
    not: { const: '@' },
    description: `A room (${NAME_RULE}), \`${ALL_ROOM}\`, or the inbox \`@<user>\`.`,
    examples: ['lobby'],
  });

/** A room that a session can be put into: its own it is in anyway, and others' inboxes are theirs. */
export const ordinaryRoom = z
  .string()
  .refine(
    (name) => isRoomName(name) && !name.startsWith('@'),
    `expected a room (${NAME_RULE}), which does not begin with @`,
  )
  .meta({
    format: 'outcry-room',
    pattern: NAME_PATTERN,
    minLength: 1,
    maxLength: MAX_NAME_CHARACTERS,
    not: { pattern: '^@' },
    description: `A room (${NAME_RULE}) that is nobody's own.`,
    examples: ['lobby'],
  });

export const user = z
  .string()
  .refine(isAssignableUserName, USER_EXPECTED)
  .meta({
    format: 'outcry-user',
    pattern: NAME_PATTERN,
    minLength: 1,
    maxLength: MAX_NAME_CHARACTERS,
    not: { enum: ['all', SERVER_USER] },
    description: `A user (${NAME_RULE}), but neither \`all\` nor \`${SERVER_USER}\`.`,
    examples: ['ann'],
  });

export const roomPattern = z
  .string()
  .refine(isRoomPattern, 'expected a room name, in which * stands for any characters')
  .meta({ format: 'outcry-room-pattern', minLength: 1, maxLength: '@'.length + MAX_NAME_CHARACTERS });

/** As tokens have them. */
export const rights = z
  .record(roomPattern, z.array(z.enum(RoomRight)).max(Object.keys(RoomRight).length))
  .refine((given) => Object.keys(given).length <= MAX_PATTERNS, `expected at most ${String(MAX_PATTERNS)} patterns`)
  .meta({
    maxProperties: MAX_PATTERNS,
    description: 'Rights by room, or by a pattern in which `*` stands for any characters.',
    examples: [{ 'team.*': ['read', 'write'] }],
  });

/** What something that is said in passing is called. */
export const signalName = z
  .string()
  .regex(/^[a-z][a-zA-Z0-9._-]{0,31}$/, 'expected a name: a small letter, then letters, digits and ._- (32 at most)')
  .meta({ description: 'What it is called.', examples: ['typing'] });

/** Counted as JSON Schema counts: a character is a code point, where `z.string().max` takes it for two UTF-16 units at times. */
export function text({ minLength = 0, maxLength }: { minLength?: number; maxLength: number }): z.ZodString {
  return z
    .string()
    .refine(
      (value) => {
        const { length } = Array.from(value);
        return length >= minLength && length <= maxLength;
      },
      `expected ${String(minLength)} to ${String(maxLength)} characters`,
    )
    .meta({ minLength, maxLength });
}

/** A payload. `encodeData` checks what the reference describes. */
export const data = z.unknown().meta({ $ref: '#/components/schemas/JsonValue' });

/** What is read from a body. */
export const json = z.unknown().meta({ $ref: '#/components/schemas/Json' });

export const from = user.optional().meta({ description: `Whom clients see as the author; else \`${SERVER_USER}\`.` });

export const key = z
  .string()
  .regex(/^[\x21-\x7e]{1,64}$/, 'expected 1 to 64 of printable ASCII without spaces')
  .optional()
  .meta({ description: 'Idempotency key: within five minutes, a repeated publish to the room is the same message.' });

/** For the document: what a refinement of the schema checks. */
export function exactlyOneOf(...fields: readonly string[]): { readonly oneOf: readonly object[] } {
  return { oneOf: fields.map((field) => ({ required: [field] })) };
}

export const position = {
  epoch: z.string(),
  seq: z.int().nonnegative(),
};

export const published = z.object({
  ...position,
  duplicate: z.boolean().meta({ description: 'The key was known: nothing was published, this is the first position.' }),
});

/** Who has a lease (`findHolders`): a process, by what it says of itself. */
export const holder = z.object({
  by: z
    .string()
    .optional()
    .meta({ description: 'Host and process. Absent in its first second, and of an earlier version.' }),
  since: z.int().optional().meta({ description: 'Unix milliseconds, by its clock.' }),
});

/** Of what all gateways are asked (`askNodes`). */
export const asked = {
  silent: z.array(z.string()).meta({ description: 'Gateways that have not answered in time.' }),
  alone: z
    .string()
    .optional()
    .meta({ description: 'Why nobody but this gateway could be asked: what is said is what it alone knows.' }),
};

export function tellAsked({ silent, alone }: { readonly silent: readonly string[]; readonly alone?: string }) {
  return { silent: [...silent], ...(alone === undefined ? {} : { alone }) };
}
