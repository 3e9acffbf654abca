import { isAssignableUserName, isRoomName, NAME_RULE, SERVER_USER } from '@outcry/protocol';
import { z } from 'zod';

const ROOM_EXPECTED = `expected a room (${NAME_RULE}), @all, or @ and a user`;
const USER_EXPECTED = `expected a user (${NAME_RULE})`;

export const room = z
  .string()
  .refine(isRoomName, ROOM_EXPECTED)
  .meta({ description: 'A room, `@all`, or the inbox `@<user>`.', examples: ['lobby'] });

export const user = z
  .string()
  .refine(isAssignableUserName, USER_EXPECTED)
  .meta({ examples: ['ann'] });

/** What `JSON_VALUE` describes. */
export const data = z.unknown().meta({ $ref: '#/components/schemas/JsonValue' });

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
