import { describe, expect, test } from 'vitest';

import { createCodecs, decodePayload, findWideInteger, RequestError } from '../../index.ts';
import { SeededRandom } from '../../testing/seeded-random.ts';

const RUNS = 5000;
const SEED = 20_261_121;
/** Each changes whether a run of digits is an integer, or part of something else. */
const PIECES = [
  '9007199254740991',
  '9007199254740992',
  '12345678901234567890',
  '1',
  '-',
  '.',
  'e',
  '"',
  '\\',
  ' ',
  ',',
];

const { json, msgpack } = createCodecs();

describe('integers around 2^53', () => {
  test.each([0, 1, -1, 2, -2])('are taken or refused alike in both encodings, at a distance of %i', (distance) => {
    for (const sign of [1n, -1n]) {
      const value = sign * (2n ** 53n + BigInt(distance));
      const isExact = Number.isSafeInteger(Number(value));
      const [ofJson, ofMsgpack] = [attempt(() => ofText(value)), attempt(() => ofBytes(value))];
      expect(ofJson, String(value)).toEqual(isExact ? Number(value) : RequestError);
      expect(ofMsgpack, String(value)).toEqual(ofJson);
    }
  });
});

test('an integer that JSON.parse rounds is refused, and no other text', () => {
  const random = new SeededRandom(SEED);
  let refused = 0;
  let taken = 0;
  for (let run = 0; run < RUNS; run++) {
    const text = `[${Array.from({ length: 1 + random.below(5) }, () => random.pick(PIECES)).join('')}]`;
    if (!isJson(text)) continue;
    const hasWide = hasWideInteger(text);
    expect(findWideInteger(text) !== undefined, text).toBe(hasWide);
    if (hasWide) refused += 1;
    else taken += 1;
  }
  expect(refused).toBeGreaterThan(RUNS / 100);
  expect(taken).toBeGreaterThan(RUNS / 100);
});

test('a text that is one string has no integer, whatever stands in it', () => {
  expect(findWideInteger('"a 9007199254740993"')).toBeUndefined();
});

/** The same by the parser's own word on each number's source, which is too slow for every frame. */
function hasWideInteger(text: string): boolean {
  let hasWide = false;
  JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source ?? '';
    if (typeof value === 'number' && /^-?\d+$/.test(source) && !Number.isSafeInteger(value)) hasWide = true;
    return value;
  });
  return hasWide;
}

function isJson(text: string): boolean {
  return attempt(() => JSON.parse(text) as unknown) !== SyntaxError;
}

/** What comes of it, or the class of what it throws. */
function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as Error).constructor;
  }
}

function ofText(value: bigint): unknown {
  return payloadOf(json.decodeClient(Buffer.from(`{"type":"publish","room":"a","data":${String(value)}}`)));
}

function ofBytes(value: bigint): unknown {
  const frame = Buffer.from([0x94, 4, 0xc0, 0xa1, 0x61, 0xd3, 0, 0, 0, 0, 0, 0, 0, 0]);
  frame.writeBigInt64BE(value, 6);
  return payloadOf(msgpack.decodeClient(frame));
}

function payloadOf(frame: object): unknown {
  return 'data' in frame ? decodePayload(frame.data as Uint8Array) : undefined;
}
