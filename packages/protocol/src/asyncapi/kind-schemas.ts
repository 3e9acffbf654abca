import { ERROR_CODES } from '../error-codes.ts';
import {
  KEY_PATTERN,
  MAX_ID_BYTES,
  MAX_INFO_BYTES,
  MAX_SYMBOLS,
  MAX_TOKEN_BYTES,
  MAX_TRACE_BYTES,
  NAME_PATTERN,
} from '../field-limits.ts';
import { MemberChange } from '../member.ts';
import { NAME_RULE } from '../names/room-name.ts';
import { SYMBOL_RULE } from '../names/symbol.ts';
import type { FieldKind } from '../schema.ts';
import { SourceKind } from '../source-kind.ts';

/** A JSON Schema (draft 07, which AsyncAPI takes unless told otherwise). */
export type JsonSchema = Readonly<Record<string, unknown>>;

const UINT: JsonSchema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const TEXT: JsonSchema = { type: 'string' };
const INFO: JsonSchema = {
  type: 'object',
  description: `What is known of a user: at most ${String(MAX_INFO_BYTES)} bytes as msgpack.`,
};

/** What a field of each kind is in JSON. Lengths that count bytes, and rules that no pattern can say, are in the description. */
export const KIND_SCHEMAS = {
  id: {
    oneOf: [UINT, { type: 'string', maxLength: MAX_ID_BYTES }],
    description: `The client's own mark on a request. A string has at most ${String(MAX_ID_BYTES)} bytes.`,
  },
  token: { type: 'string', minLength: 1, maxLength: MAX_TOKEN_BYTES },
  room: { type: 'string', minLength: 1, description: `A room name (${NAME_RULE}), \`@all\`, or \`@<user>\`.` },
  user: { type: 'string', minLength: 1, description: `A user name (${NAME_RULE}).` },
  name: { type: 'string', pattern: NAME_PATTERN.source },
  key: { type: 'string', pattern: KEY_PATTERN.source },
  trace: {
    type: 'string',
    maxLength: MAX_TRACE_BYTES,
    description: 'A `traceparent` of W3C Trace Context. What is none is ignored.',
  },
  symbol: { type: 'string', minLength: 1, description: `A symbol: ${SYMBOL_RULE}.` },
  symbols: { type: 'array', items: TEXT, minItems: 1, maxItems: MAX_SYMBOLS },
  text: TEXT,
  uint: UINT,
  seq: UINT,
  bool: { type: 'boolean' },
  position: object({ epoch: TEXT, seq: UINT }),
  payload: { description: 'Any JSON value, null included.' },
  info: INFO,
  levels: {
    type: 'array',
    items: { type: 'array', items: { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?$' }, minItems: 2, maxItems: 2 },
    description: 'Pairs of price and size as decimals: bids high to low, asks low to high. A size of 0 removes.',
  },
  change: { enum: Object.values(MemberChange) },
  source: { enum: Object.values(SourceKind) },
  members: { type: 'array', items: object({ user: TEXT, connections: UINT, info: INFO }, ['info']) },
  messages: { type: 'array', items: { $ref: '#/components/schemas/message' }, description: 'Oldest first.' },
  instruments: {
    type: 'array',
    items: object(
      {
        ...{ symbol: TEXT, priceScale: UINT, sizeScale: UINT },
        ...{ depths: { type: 'array', items: UINT }, intervals: { type: 'array', items: UINT } },
        kind: { enum: Object.values(SourceKind) },
      },
      ['kind'],
    ),
  },
  results: {
    type: 'array',
    items: object(
      { symbol: TEXT, error: object({ code: errorCode(), message: TEXT, retryable: { type: 'boolean' } }) },
      ['error'],
    ),
  },
} as const satisfies Record<FieldKind, JsonSchema>;

function errorCode(): JsonSchema {
  return { enum: Object.values(ERROR_CODES).map(({ code }) => code) };
}

/** Fields that version 1 does not know are passed over, so more of them are allowed. */
export function object(properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', required, properties };
}
