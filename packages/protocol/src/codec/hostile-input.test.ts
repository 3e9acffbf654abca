import { describe, expect, test } from 'vitest';

import { createCodecs, ProtocolError, RequestError } from '../index.ts';
import { CLIENT_VECTORS, SERVER_VECTORS } from '../testing/golden-vectors.ts';

const { json, msgpack } = createCodecs();
const MEGABYTE = 2 ** 20;

/** Five bytes that promise gigabytes. */
const LENGTH_BOMBS = {
  array32: [0xdd, 0xff, 0xff, 0xff, 0xff],
  map32: [0xdf, 0xff, 0xff, 0xff, 0xff],
  str32: [0xdb, 0xff, 0xff, 0xff, 0xff],
  bin32: [0xc6, 0xff, 0xff, 0xff, 0xff],
  ext32: [0xc9, 0xff, 0xff, 0xff, 0xff],
  'array32 of ten million': [0xdd, 0x00, 0x98, 0x96, 0x80],
};

/** All forms that have a fixed size, the first byte counted. */
const FIXED: Readonly<Record<string, readonly [type: number, size: number]>> = {
  float32: [0xca, 5],
  float64: [0xcb, 9],
  uint8: [0xcc, 2],
  uint16: [0xcd, 3],
  uint32: [0xce, 5],
  uint64: [0xcf, 9],
  int8: [0xd0, 2],
  int16: [0xd1, 3],
  int32: [0xd2, 5],
  int64: [0xd3, 9],
  fixext1: [0xd4, 3],
  fixext2: [0xd5, 4],
  fixext4: [0xd6, 6],
  fixext8: [0xd7, 10],
  fixext16: [0xd8, 18],
};

/** Each place of a frame where a hostile value may stand, as the last of it. */
const PLACES: Record<string, (value: readonly number[]) => Uint8Array> = {
  'as the frame': (value) => new Uint8Array(value),
  'as the tag': (value) => new Uint8Array([0x92, ...value]),
  'as the id': (value) => new Uint8Array([0x92, 11, ...value]),
  'as the room': (value) => new Uint8Array([0x93, 3, 1, ...value]),
  'as the payload': (value) => new Uint8Array([0x94, 4, 1, 0xa1, 0x61, ...value]),
  'within the payload': (value) => new Uint8Array([0x94, 4, 1, 0xa1, 0x61, 0x91, 0x81, 0xa1, 0x61, ...value]),
  'as the position': (value) => new Uint8Array([0x94, 2, 1, 0xa1, 0x61, ...value]),
  'past the known elements': (value) => new Uint8Array([0x93, 11, 1, ...value]),
  'in a frame of unknown tag': (value) => new Uint8Array([0x93, 99, 1, ...value]),
};

/** What becomes of a frame with a well-formed value in each place that may not stand there. */
const OUTCOMES: Readonly<Record<string, string>> = {
  'as the frame': 'malformed',
  'as the tag': 'malformed',
  'as the id': 'badRequest',
  'as the room': 'badRequest',
  'as the payload': 'badRequest',
  'within the payload': 'badRequest',
  'as the position': 'badRequest',
  // There it is nobody's, and only passed over.
  'past the known elements': 'ping',
  'in a frame of unknown tag': 'unknownType',
};

describe.each(Object.entries(PLACES))('msgpack, %s', (name, place) => {
  test.each(Object.entries(LENGTH_BOMBS))('ends the session at the length bomb %s', (_bomb, value) => {
    expect(outcomeOf(place(value))).toBe('malformed');
  });

  test.each([
    ['the unused type', [0xc1]],
    ['the unused type, with what would make it an extension', [0xc1, 0, 0, 0, 0, 0]],
    ['a string that breaks off', [0xa2, 0x61]],
    ['an extension that breaks off', [0xc7, 0x04, 0x01, 0x00]],
    ['a fixext that breaks off', [0xd8, 0x01]],
    ['a bomb within an extension type', [0x92, 0xd4, 0x01, 0x00, 0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a bomb behind a fault', [0x92, 0xc7, 0x00, 0x05, 0xc6, 0xff, 0xff, 0xff, 0xff]],
  ])('ends the session at %s', (_case, value) => {
    expect(outcomeOf(place(value))).toBe('malformed');
  });

  test.each(Object.entries(FIXED))(
    'ends the session at a %s that breaks off, wherever it does',
    (_form, [type, size]) => {
      for (let length = 1; length < size; length += 1) {
        expect(outcomeOf(place([type, ...new Array<number>(length - 1).fill(0)])), `${String(length)} bytes`).toBe(
          'malformed',
        );
      }
    },
  );

  test.each([
    ['fixext1', [0xd4, 0x01, 0x00]],
    ['a record of msgpackr', [0xd4, 0x72, 0x40]],
    ['a record definition', [0xd5, 0x72, 0x40, 0x00]],
    ['a RegExp of msgpackr', [0xc7, 0x02, 0x78, 0xa1, 0x61]],
    ['a typed array of msgpackr', [0xc7, 0x02, 0x74, 0x00, 0x01]],
    ['a timestamp', [0xd6, 0xff, 0x00, 0x00, 0x00, 0x00]],
    ['a long timestamp', [0xd7, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['fixext16', [0xd8, 0x01, ...new Array<number>(16).fill(0)]],
    ['ext8', [0xc7, 0x00, 0x05]],
    ['ext16', [0xc8, 0x00, 0x01, 0x01, 0x00]],
    ['ext32', [0xc9, 0x00, 0x00, 0x00, 0x01, 0x01, 0x00]],
    ['the largest uint64', [0xcf, ...new Array<number>(8).fill(0xff)]],
    ['invalid UTF-8', [0xa2, 0xc3, 0x28]],
    ['half a surrogate pair', [0xa3, 0xed, 0xa0, 0x80]],
    ['an overlong encoding', [0xa2, 0xc0, 0xaf]],
    ['a map with a number as key', [0x81, 0x01, 0x01]],
    ['a map with nil as key', [0x81, 0xc0, 0x01]],
    ['a map with an array as key', [0x81, 0x90, 0x01]],
    ['a map with __proto__ as key', [0x81, 0xa9, ...Buffer.from('__proto__'), 0x81, 0xa1, 0x61, 0x01]],
    [
      'a prototype in a constructor',
      [0x81, 0xab, ...Buffer.from('constructor'), 0x81, 0xa9, ...Buffer.from('prototype'), 0x81, 0xa1, 0x61, 0x01],
    ],
    ['lists as deep as fits', [...new Array<number>(16_000).fill(0x91), 0xc0]],
    ['maps as deep as fits', [...repeat([0x81, 0xa1, 0x61], 5000), 0xc0]],
  ])('refuses %s, or passes over it where it is nobody’s', (_case, value) => {
    expect(outcomeOf(place(value))).toBe(OUTCOMES[name]);
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });
});

describe('msgpack', () => {
  test('says of the unused type that nothing begins so', () => {
    expect(() => msgpack.decodeClient(new Uint8Array([0x92, 11, 0xc1]))).toThrow('0xc1 starts no value of msgpack');
  });

  test('allocates nothing for what a length bomb promises', () => {
    const bombs = Object.values(PLACES).flatMap((place) => Object.values(LENGTH_BOMBS).map(place));
    const before = process.memoryUsage();
    for (const bomb of bombs) expect(() => msgpack.decodeClient(bomb)).toThrow(ProtocolError);
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(MEGABYTE);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(20 * MEGABYTE);
    expect(after.rss - before.rss).toBeLessThan(50 * MEGABYTE);
  });

  test.each([
    ['as the frame', new Uint8Array(16_384).fill(0x91)],
    ['as the payload', new Uint8Array([0x94, 4, 1, 0xa1, 0x61, ...new Array<number>(16_379).fill(0x91)])],
    ['as the payload, of maps', new Uint8Array([0x94, 4, 1, 0xa1, 0x61, ...repeat([0x81, 0xa1, 0x61], 5_400)])],
  ])('ends the session at nesting that never ends, %s', (_case, bytes) => {
    expect(outcomeOf(bytes)).toBe('malformed');
  });

  test('goes no deeper into a frame of the server than servers do, and overflows no stack', () => {
    for (const depth of [65, 1_000_000]) {
      const bytes = new Uint8Array(depth + 1).fill(0x91, 0, depth);
      expect(() => msgpack.decodeServer(bytes)).toThrow(ProtocolError);
    }
    for (const head of [[0x91], [0x81, 0xa1, 0x61]]) {
      const causes = [63, 64].map((depth) =>
        causeOf(() => msgpack.decodeServer(new Uint8Array([0x91, ...repeat(head, depth), 0]))),
      );
      expect(causes).toEqual([undefined, expect.objectContaining({ message: 'arrays and maps go too deep' })]);
    }
  });

  test('gives a frame of the server no other prototype', () => {
    const evil = new Uint8Array([0x95, 36, 0xa1, 0x61, 0xa1, 0x62, 1, 0x81, 0xa9, ...Buffer.from('__proto__'), 0x80]);
    expect(() => msgpack.decodeServer(evil)).toThrow(ProtocolError);
  });

  test.each(CLIENT_VECTORS.map(({ name, msgpack: bytes }) => [name, bytes] as const))(
    'refuses "%s" cut off after any byte, and with bytes behind it',
    (_name, bytes) => {
      for (let length = 0; length < bytes.length; length++) {
        expect(() => msgpack.decodeClient(bytes.subarray(0, length)), `${String(length)} bytes`).toThrow(ProtocolError);
      }
      for (const extra of [0x00, 0xc0, 0x91, 0xc1]) {
        expect(() => msgpack.decodeClient(new Uint8Array([...bytes, extra]))).toThrow(ProtocolError);
      }
    },
  );

  test.each(SERVER_VECTORS.map(({ name, msgpack: bytes }) => [name, bytes] as const))(
    'refuses the server frame "%s" cut off after any byte',
    (_name, bytes) => {
      for (let length = 0; length < bytes.length; length++) {
        expect(() => msgpack.decodeServer(bytes.subarray(0, length)), `${String(length)} bytes`).toThrow(ProtocolError);
      }
    },
  );

  test.each([
    ['nil', [0xc0]],
    ['a number', [0x05]],
    ['a map', [0x80]],
    ['a string', [0xa1, 0x61]],
    ['an empty array', [0x90]],
    ['an empty array, with what would be a frame behind it', [0x90, 11]],
    ['an array that starts with a string', [0x91, 0xa4, ...Buffer.from('ping')]],
    ['an array that starts with a float', [0x91, 0xcb, 0x40, 0x26, 0, 0, 0, 0, 0, 0]],
    ['an array that starts with a negative number', [0x91, 0xff]],
  ])('refuses a frame that is %s', (_case, bytes) => {
    expect(() => msgpack.decodeClient(new Uint8Array(bytes))).toThrow(ProtocolError);
  });
});

describe('JSON', () => {
  const decode = (text: string | Uint8Array): unknown => json.decodeClient(Buffer.from(text));
  const publish = (data: string): string => `{"type":"publish","room":"lobby","data":${data}}`;

  test.each(CLIENT_VECTORS.map(({ name, json: text }) => [name, text] as const))(
    'refuses "%s" cut off after any byte, and with text behind it',
    (_name, text) => {
      const bytes = Buffer.from(text);
      for (let length = 0; length < bytes.length; length++) {
        expect(() => decode(bytes.subarray(0, length)), `${String(length)} bytes`).toThrow(ProtocolError);
      }
      for (const extra of ['{}', ',', 'x', '\u0000']) expect(() => decode(text + extra)).toThrow(ProtocolError);
    },
  );

  test.each([
    ['invalid UTF-8', Buffer.concat([Buffer.from('{"type":"ping","id":"'), Buffer.of(0xc3, 0x28), Buffer.from('"}')])],
    ['a byte order mark', Buffer.from('\ufeff{"type":"ping"}')],
    ['an array', '[]'],
    ['null', 'null'],
    ['a string', '"ping"'],
    ['nothing', ''],
    ['a frame without a type', '{"room":"lobby"}'],
    ['a type that is no string', '{"type":11}'],
    ['nesting that never ends', '['.repeat(16_384)],
  ])('ends the session at %s', (_case, text) => {
    expect(() => decode(text)).toThrow(ProtocolError);
  });

  test.each([
    ['nesting as deep as a frame can be', publish('['.repeat(8_190) + ']'.repeat(8_190))],
    ['nesting of objects as deep as a frame can be', publish('{"a":'.repeat(2_700) + '1' + '}'.repeat(2_700))],
    ['__proto__ in a payload', publish('{"__proto__":{"polluted":1}}')],
    ['constructor in a payload', publish('{"a":[{"constructor":{"prototype":{"polluted":1}}}]}')],
    ['__proto__ by escapes', publish('{"\\u005f_proto__":1}')],
    [
      'an integer past 2^53 behind deep nesting',
      publish('9007199254740993').replace('{', `{"x":${'['.repeat(8_000)}${']'.repeat(8_000)},`),
    ],
  ])('refuses the request with %s', (_case, text) => {
    expect(() => decode(text)).toThrow(RequestError);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test.each([
    ['the frame is not valid UTF-8', Buffer.of(0xc3, 0x28), TypeError],
    ['the frame is not valid JSON', '{', SyntaxError],
  ])('says that %s, and why', (message, text, cause) => {
    expect(() => decode(text)).toThrow(message);
    expect(causeOf(() => decode(text))).toBeInstanceOf(cause);
  });

  test.each(['7', 'true', '"ping"', 'null', '[]'])('says of %s that a frame must be an object', (text) => {
    expect(() => decode(text)).toThrow('a frame must be an object');
  });

  test('passes over a field that nobody knows, however deep it goes', () => {
    expect(decode(`{"type":"ping","x":${'['.repeat(8_000)}${']'.repeat(8_000)}}`)).toEqual({ type: 'ping' });
  });

  test('takes the last of duplicate keys', () => {
    expect(decode('{"type":"ping","id":1,"id":2}')).toEqual({ type: 'ping', id: 2 });
  });

  test('does not take a type from a prototype', () => {
    expect(() => decode('{"__proto__":{"type":"ping"}}')).toThrow(ProtocolError);
  });
});

/** `malformed` where the session ends, the code of the error, or the type of the frame. */
function outcomeOf(bytes: Uint8Array): string {
  try {
    return msgpack.decodeClient(bytes).type;
  } catch (error) {
    if (error instanceof ProtocolError) return 'malformed';
    if (error instanceof RequestError) return error.code;
    throw error;
  }
}

function causeOf(decode: () => unknown): unknown {
  try {
    decode();
    return undefined;
  } catch (error) {
    return (error as Error).cause;
  }
}

function repeat(pattern: readonly number[], times: number): number[] {
  return Array.from({ length: times }, () => pattern).flat();
}
