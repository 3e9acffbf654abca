import { describe, expect, test } from 'vitest';

import { createCodecs, decodePayload, DEFAULT_DECODE_LIMITS, ProtocolError, RequestError } from '../index.ts';
import { encodePayload } from './encode-payload.ts';

const { json, msgpack } = createCodecs();
const utf8 = new TextEncoder();
const MAX = Number.MAX_SAFE_INTEGER;
const { maxDepth, maxArrayLength, maxMapLength, maxStringBytes, maxBinaryBytes } = DEFAULT_DECODE_LIMITS;

/** Publishes a payload in each encoding, the way a client would. */
const ENCODINGS = {
  json: (data: unknown) => json.decodeClient(utf8.encode(JSON.stringify({ type: 'publish', room: 'lobby', data }))),
  msgpack: (data: unknown) => msgpack.decodeClient(bytes(0x94, 4, 0xc0, 0xa1, 0x61, encodePayload(data))),
};

describe.each(Object.entries(ENCODINGS))('a payload in %s', (_, publish) => {
  test.each([
    ['as deep as allowed', nested(maxDepth)],
    ['as deep as allowed, in maps', nestedMaps(maxDepth)],
    ['an array as long as allowed', filled(maxArrayLength)],
    ['a map as large as allowed', entries(maxMapLength)],
    ['a string as long as allowed', 'x'.repeat(maxStringBytes)],
    ['a string of wide characters, as long as allowed', '😀'.repeat(maxStringBytes / 4)],
    ['a key as long as allowed', { ['k'.repeat(maxStringBytes)]: 1 }],
    ['the largest integer', Number.MAX_SAFE_INTEGER],
    ['the smallest integer', Number.MIN_SAFE_INTEGER],
    ['the largest float', Number.MAX_VALUE],
    ['the keys of other prototypes', { toString: 1, valueOf: 2, hasOwnProperty: 3, __proto: 4 }],
  ])('may be %s', (_case, data) => {
    const frame = publish(data);
    expect(frame).toMatchObject({ type: 'publish' });
    expect(decodePayload((frame as { data: Uint8Array }).data)).toEqual(data);
  });

  test.each([
    ['deeper than allowed', nested(maxDepth + 1)],
    ['deeper than allowed, in maps', nestedMaps(maxDepth + 1)],
    ['an array longer than allowed', filled(maxArrayLength + 1)],
    ['a map larger than allowed', entries(maxMapLength + 1)],
    ['a string longer than allowed', 'x'.repeat(maxStringBytes + 1)],
    ['a string of wide characters, longer than allowed', `${'😀'.repeat(maxStringBytes / 4)}x`],
    ['a key longer than allowed', { ['k'.repeat(maxStringBytes + 1)]: 1 }],
    ['a map with __proto__', JSON.parse('{"__proto__":{"polluted":true}}')],
    ['a map with constructor', { constructor: { prototype: { polluted: true } } }],
    ['a map with prototype', [{ a: { prototype: 1 } }]],
  ])('may not be %s', (_case, data) => {
    expect(() => publish(data)).toThrow(ProtocolError);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('a payload in msgpack', () => {
  test.each([
    ['a binary value as long as allowed', [0xc5, ...u16(maxBinaryBytes), ...filled(maxBinaryBytes)]],
    ['an integer of eight bytes', [0xcf, 0, 0x1f, ...filled(6, 0xff)]],
    ['the smallest integer, of eight bytes', [0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 1]],
    ['a float of four bytes', [0xca, 0x3f, 0x80, 0, 0]],
    ['duplicate keys', [0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2]],
  ])('may be %s, and keeps its bytes', (_case, payload) => {
    const frame = msgpack.decodeClient(bytes(0x94, 4, 0xc0, 0xa1, 0x61, payload));
    expect((frame as { data: Uint8Array }).data).toEqual(new Uint8Array(payload));
  });

  test.each([
    ['a binary value longer than allowed', [0xc5, ...u16(maxBinaryBytes + 1), ...filled(maxBinaryBytes + 1)]],
    ['2^53', [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0]],
    ['the largest uint64', [0xcf, ...filled(8, 0xff)]],
    ['-2^53', [0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 0]],
    ['the smallest int64', [0xd3, 0x80, ...filled(7)]],
    ['an infinite float of four bytes', [0xca, 0x7f, 0x80, 0, 0]],
    ['an infinite float', [0xcb, 0x7f, 0xf0, ...filled(6)]],
    ['not a number', [0xcb, 0x7f, 0xf8, ...filled(6)]],
  ])('may not be %s', (_case, payload) => {
    expect(() => msgpack.decodeClient(bytes(0x94, 4, 0xc0, 0xa1, 0x61, payload))).toThrow(ProtocolError);
  });
});

describe('a payload in JSON', () => {
  test('may not be a number that has no finite value', () => {
    const text = '{"type":"publish","room":"lobby","data":1e400}';
    expect(() => json.decodeClient(utf8.encode(text))).toThrow(ProtocolError);
  });

  test.each([
    ['half a surrogate pair', '"a\\ud83dz"'],
    ['the second half of one', '"\\uDE00"'],
    ['both halves, the wrong way round', '["\\ude00\\ud83d"]'],
    ['half a pair in a key', '{"\\ud83d":1}'],
    ['2^53', '9007199254740992'],
    ['-2^53', '[-9007199254740992]'],
    ['an integer that would be rounded', '{"a":[1,{"b": 9007199254740993}]}'],
    ['an integer behind strings with numbers and quotation marks', '["\\\\","\\"1",1e300,12345678901234567890]'],
    ['a whole number of 22 digits', '1000000000000000000000'],
  ])('may not be %s', (_case, data) => {
    expect(() => publishText(data)).toThrow(ProtocolError);
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

  function publishText(data: string): { data: Uint8Array } {
    return json.decodeClient(utf8.encode(`{"type":"publish","room":"lobby","data":${data}}`)) as { data: Uint8Array };
  }
});

describe.each([
  ['a room', 'room', 'x'.repeat(maxStringBytes + 1)],
  ['a value that is no string', 'room', nested(maxDepth + 1)],
  ['an epoch', 'since', { epoch: 'x'.repeat(maxStringBytes + 1), seq: 1 }],
])('%s past a limit', (_, field, value) => {
  test('ends the session in both encodings', () => {
    const request = { type: 'join', room: 'lobby', [field]: value };
    const { since } = request as { since?: { epoch: string; seq: number } };
    const elements = [2, null, request.room, since === undefined ? null : [since.epoch, since.seq]];
    expect(() => json.decodeClient(utf8.encode(JSON.stringify(request)))).toThrow(ProtocolError);
    expect(() => msgpack.decodeClient(encodePayload(elements))).toThrow(ProtocolError);
  });
});

describe('a malformed payload behind a bad field', () => {
  test.each(Object.entries(codecInputs()))('ends the session in %s', (_, decode) => {
    expect(() => decode(nested(maxDepth + 1))).toThrow(ProtocolError);
    expect(() => decode(nested(maxDepth))).toThrow(RequestError);
  });
});

function codecInputs(): Record<string, (data: unknown) => unknown> {
  return {
    json: (data) => json.decodeClient(utf8.encode(JSON.stringify({ type: 'publish', room: 5, data }))),
    msgpack: (data) => msgpack.decodeClient(bytes(0x94, 4, 0xc0, 5, encodePayload(data))),
  };
}

function nested(depth: number): unknown {
  return depth === 1 ? [] : [nested(depth - 1)];
}

function nestedMaps(depth: number): unknown {
  return depth === 1 ? {} : { a: nestedMaps(depth - 1) };
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

function bytes(...parts: (number | Iterable<number>)[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part])));
}
