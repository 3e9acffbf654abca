import { describe, expect, test } from 'vitest';

import { createCodecs, decodePayload, MAX_PAYLOAD_DEPTH, RequestError } from '../../index.ts';
import { randomPayload } from '../../testing/random-frames.ts';
import { randomRuns } from '../../testing/random-runs.ts';
import { SeededRandom } from '../../testing/seeded-random.ts';
import { encodePayload } from './encode-payload.ts';

const { json, msgpack } = createCodecs();
const utf8 = new TextEncoder();
const MAX = Number.MAX_SAFE_INTEGER;
const RUNS = randomRuns(2000);
const SEED = 2_026_110;

/** Publishes a payload in each encoding, the way a client would. */
const ENCODINGS = {
  json: (data: unknown) => json.decodeClient(utf8.encode(JSON.stringify({ type: 'publish', id: 7, room: 'a', data }))),
  msgpack: (data: unknown) => publishBytes(encodePayload(data)),
};

describe.each(Object.entries(ENCODINGS))('a payload in %s', (_, publish) => {
  test.each([
    ['as deep as allowed', nested(MAX_PAYLOAD_DEPTH)],
    ['as deep as allowed, in maps', nestedMaps(MAX_PAYLOAD_DEPTH)],
    ['a text of 5,000 characters', 'x'.repeat(5000)],
    ['a text as long as a frame', 'x'.repeat(16_000)],
    ['a text of wide characters', '😀'.repeat(4000)],
    ['an array of 300 numbers', filled(300)],
    ['an array of 16,000 entries', filled(16_000)],
    ['a map of 70 keys', entries(70)],
    ['a map of 2,000 keys', entries(2000)],
    ['a long key', { ['k'.repeat(5000)]: 1 }],
    ['the largest integer', Number.MAX_SAFE_INTEGER],
    ['the smallest integer', Number.MIN_SAFE_INTEGER],
    ['the largest float', Number.MAX_VALUE],
    ['the keys of other prototypes', { toString: 1, valueOf: 2, hasOwnProperty: 3, __proto: 4 }],
    ['a constructor of racing cars', { constructor: 'Ferrari', prototype: { year: 1947 } }],
    ['a list of them', { constructor: [{ prototype: 1 }] }],
  ])('may be %s', (_case, data) => {
    const frame = publish(data);
    expect(frame).toMatchObject({ type: 'publish', id: 7 });
    expect(decodePayload((frame as { data: Uint8Array }).data)).toEqual(data);
  });

  test.each([
    ['deeper than allowed', nested(MAX_PAYLOAD_DEPTH + 1), `data${'[0]'.repeat(32)}: expected at most 32 arrays and`],
    ['deeper, in maps', nestedMaps(MAX_PAYLOAD_DEPTH + 1), `data${'.a'.repeat(32)}: expected at most 32 arrays and`],
    ['deeper, beside others', { list: [1, nested(32)] }, `data.list[1]${'[0]'.repeat(30)}: expected at most 32`],
    ['a map with __proto__', JSON.parse('{"a":{"__proto__":{"polluted":1}}}'), 'data.a.__proto__: expected keys that'],
    [
      'a prototype in a constructor',
      { constructor: { prototype: { polluted: 1 } } },
      'data.constructor.prototype: expected keys that',
    ],
    [
      'at a place with odd names',
      { 'a b"': { ['k'.repeat(40)]: nested(31) } },
      `data["a b\\""]["${'k'.repeat(32)}…"][0]`,
    ],
    [
      'at a place of many long names',
      nestedMaps(MAX_PAYLOAD_DEPTH + 1, 'long names '),
      'data["long names "]["long names "]',
    ],
  ])('may not be %s, and is told so with its id', (_case, data, message) => {
    const error = refusalOf(() => publish(data));
    expect(error).toMatchObject({ code: 'badRequest', id: 7 });
    expect(error.message.slice(0, message.length)).toBe(message);
    expect(error.message.length).toBeLessThan(400);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('is told of with whole characters, wherever the place is cut', () => {
    for (const length of [8, 9, 10, 11, 12]) {
      // A letter of two halves.
      const error = refusalOf(() => publish(nestedMaps(MAX_PAYLOAD_DEPTH + 1, '𝒜'.repeat(length))));
      expect(error.message).toContain('…: expected at most');
      expect(error.message.isWellFormed()).toBe(true);
    }
  });

  test('is refused for the first of its faults, whatever stands behind', () => {
    const error = refusalOf(() => publish([nested(32), JSON.parse('{"__proto__":1}')]));
    expect(error.message).toContain('within each other');
  });

  test('may be any value of JSON that fits into a frame', () => {
    const random = new SeededRandom(SEED);
    for (let run = 0; run < RUNS; run++) {
      const data = deepen(randomPayload(random), random.below(MAX_PAYLOAD_DEPTH - 6), random);
      const frame = publish(data) as { data: Uint8Array };
      expect(decodePayload(frame.data), `run ${String(run)} of seed ${String(SEED)}`).toEqual(data);
    }
  });
});

describe('a payload in msgpack', () => {
  test.each([
    ['a binary value as long as a frame', [0xc5, ...u16(16_000), ...filled(16_000)]],
    ['an integer of eight bytes', [0xcf, 0, 0x1f, ...filled(6, 0xff)]],
    ['the smallest integer, of eight bytes', [0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 1]],
    ['a float of four bytes', [0xca, 0x3f, 0x80, 0, 0]],
    ['duplicate keys', [0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2]],
  ])('may be %s, and keeps its bytes', (_case, payload) => {
    expect((publishBytes(payload) as { data: Uint8Array }).data).toEqual(new Uint8Array(payload));
  });

  test.each([
    ['2^53', [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0], 'integers within'],
    ['the largest uint64', [0xcf, ...filled(8, 0xff)], 'integers within'],
    ['-2^53', [0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 0], 'integers within'],
    ['the smallest int64', [0xd3, 0x80, ...filled(7)], 'integers within'],
    ['an infinite float of four bytes', [0xca, 0x7f, 0x80, 0, 0], 'a finite number'],
    ['an infinite float', [0xcb, 0x7f, 0xf0, ...filled(6)], 'a finite number'],
    ['not a number', [0xcb, 0x7f, 0xf8, ...filled(6)], 'a finite number'],
    ['invalid UTF-8', [0xa2, 0xc3, 0x28], 'valid Unicode'],
    ['half a surrogate pair', [0xa3, 0xed, 0xa0, 0x80], 'valid Unicode'],
    ['an extension', [0xd4, 0x01, 0x00], 'nil, bool, int'],
    ['a map with a number as key', [0x81, 0x01, 0x01], 'keys that are strings'],
    ['a map with a key of invalid UTF-8', [0x81, 0xa1, 0xff, 0x01], 'keys that are strings'],
  ])('may not be %s, and the place is told', (_case, value, expected) => {
    expect(refusalOf(() => publishBytes(value))).toMatchObject({ code: 'badRequest', id: 7 });
    const around = [0x82, 0xa1, 0x61, 0, 0xa1, 0x62, 0x92, 0, ...value];
    expect(refusalOf(() => publishBytes(around)).message).toMatch(`data.b[1]: expected ${expected}`);
  });
});

describe('a payload in JSON', () => {
  test.each([
    ['a number that has no finite value', '[1,1e400]', 'data[1]: expected a finite number'],
    ['half a surrogate pair', '"a\\ud83dz"', 'data: expected valid Unicode'],
    ['the second half of one', '"\\uDE00"', 'data: expected valid Unicode'],
    ['both halves, the wrong way round', '["\\ude00\\ud83d"]', 'data[0]: expected valid Unicode'],
    ['half a pair in a key', '{"\\ud83d":1}', 'data["\\ud83d"]: expected valid Unicode'],
    ['2^53', '9007199254740992', 'data: expected integers within'],
    ['-2^53', '[-9007199254740992]', 'data[0]: expected integers within'],
    ['an integer that would be rounded', '{"a":[1,{"b": 9007199254740993}]}', 'data.a[1].b: expected integers within'],
    [
      'an integer behind strings with numbers and quotation marks',
      '["\\\\","\\"1",1e300,12345678901234567890]',
      'data[3]: expected integers within',
    ],
    [
      'an integer behind objects and arrays with all kinds of values',
      '{"a":{"9007199254740993":true,"b":[null,{},[]]},"c":[[],{"d":"}"},9007199254740993]}',
      'data.c[2]: expected integers within',
    ],
    ['a whole number of 22 digits', '1000000000000000000000', 'data: expected integers within'],
  ])('may not be %s', (_case, data, message) => {
    const error = refusalOf(() => publishText(data));
    expect(error).toMatchObject({ code: 'badRequest', id: 7 });
    expect(error.message.slice(0, message.length)).toBe(message);
  });

  test.each([
    ['a surrogate pair by escapes', '"\\ud83d\\ude00"', '😀'],
    ['escapes that are none', '"\\\\ud83d"', '\\ud83d'],
    ['a float past 2^53', '[1e300,-1.5E+20]', [1e300, -1.5e20]],
    [
      'a float of many digits',
      '[1234567890123456.5,0.12345678901234567890]',
      [1234567890123456.5, 0.12345678901234568],
    ],
    [
      'long numbers in strings, beside a float past 2^53',
      '{"id":"9007199254740993","text":"a: 9007199254740993, \\" 9007199254740993","x":1e300}',
      { id: '9007199254740993', text: 'a: 9007199254740993, " 9007199254740993', x: 1e300 },
    ],
    ['the largest integer, beside a float past it', '[9007199254740991,-9007199254740991,1e300]', [MAX, -MAX, 1e300]],
  ])('may be %s', (_case, data, value) => {
    expect(decodePayload(publishText(data).data)).toEqual(value);
  });

  test('is not blamed for an integer in a field that nobody knows', () => {
    const text = '{"type":"publish","extra":[9007199254740993],"room":"a","data":1e300}';
    expect(json.decodeClient(utf8.encode(text))).toMatchObject({ type: 'publish' });
  });

  function publishText(data: string): { data: Uint8Array } {
    const text = `{"type":"publish","id":7,"room":"a","data":${data}}`;
    return json.decodeClient(utf8.encode(text)) as { data: Uint8Array };
  }
});

describe.each([
  ['a long room', 'room', 'x'.repeat(5000)],
  ['a room that is deep', 'room', nested(MAX_PAYLOAD_DEPTH + 1)],
  ['a bad payload behind a bad room', 'room', 5],
])('%s', (_, field, value) => {
  test('is answered with badRequest in both encodings, for the first bad field', () => {
    const request = { type: 'publish', id: 7, [field]: value, data: nested(MAX_PAYLOAD_DEPTH + 1) };
    const elements = [4, 7, value, request.data];
    for (const decode of [
      () => json.decodeClient(utf8.encode(JSON.stringify(request))),
      () => msgpack.decodeClient(encodePayload(elements)),
    ]) {
      const error = refusalOf(decode);
      expect(error).toMatchObject({ code: 'badRequest', id: 7 });
      expect(error.message).toMatch(/^room: expected/);
    }
  });
});

function publishBytes(payload: Iterable<number>): unknown {
  return msgpack.decodeClient(new Uint8Array([0x94, 4, 7, 0xa1, 0x61, ...payload]));
}

function refusalOf(decode: () => unknown): RequestError {
  try {
    decode();
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
  throw new Error('the request was not refused');
}

/** Puts a value into so many more arrays and maps. */
function deepen(value: unknown, levels: number, random: SeededRandom): unknown {
  let deep = value;
  for (let i = 0; i < levels; i++) deep = random.chance(2) ? [0, deep] : { 'a b': deep };
  return deep;
}

function nested(depth: number): unknown {
  return depth === 1 ? [] : [nested(depth - 1)];
}

function nestedMaps(depth: number, key = 'a'): unknown {
  return depth === 1 ? {} : { [key]: nestedMaps(depth - 1, key) };
}

function filled(length: number, value = 0): number[] {
  return new Array<number>(length).fill(value);
}

function entries(count: number): unknown {
  return Object.fromEntries(filled(count).map((_, index) => [`k${String(index)}`, index]));
}

function u16(value: number): number[] {
  return [value >> 8, value & 0xff];
}
