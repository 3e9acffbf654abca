import { describe, expect, test } from 'vitest';

import { createCodecs, ProtocolError } from '../index.ts';
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

/** Each place of a frame where a hostile value may stand. */
const PLACES: Record<string, (value: readonly number[]) => Uint8Array> = {
  'as the frame': (value) => new Uint8Array(value),
  'as the tag': (value) => new Uint8Array([0x92, ...value]),
  'as the id': (value) => new Uint8Array([0x92, 11, ...value]),
  'as the room': (value) => new Uint8Array([0x94, 4, 1, ...value, 1]),
  'as the payload': (value) => new Uint8Array([0x94, 4, 1, 0xa1, 0x61, ...value]),
  'within the payload': (value) => new Uint8Array([0x94, 4, 1, 0xa1, 0x61, 0x91, 0x81, 0xa1, 0x61, ...value]),
  'as the position': (value) => new Uint8Array([0x94, 2, 1, 0xa1, 0x61, ...value]),
  'past the known elements': (value) => new Uint8Array([0x93, 11, 1, ...value]),
  'in a frame of unknown tag': (value) => new Uint8Array([0x93, 99, 1, ...value]),
};

describe.each(Object.entries(PLACES))('msgpack, %s', (_, place) => {
  test.each(Object.entries(LENGTH_BOMBS))('refuses the length bomb %s', (_bomb, value) => {
    expect(() => msgpack.decodeClient(place(value))).toThrow(ProtocolError);
  });

  test.each([
    ['fixext1', [0xd4, 0x01, 0x00]],
    ['a record of msgpackr', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61]],
    ['a record definition', [0xd5, 0x72, 0x40, 0x00]],
    ['a RegExp of msgpackr', [0xc7, 0x02, 0x78, 0xa1, 0x61]],
    ['a typed array of msgpackr', [0xc7, 0x02, 0x74, 0x00, 0x01]],
    ['a timestamp', [0xd6, 0xff, 0x00, 0x00, 0x00, 0x00]],
    ['a long timestamp', [0xd7, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['fixext16', [0xd8, 0x01, ...new Array<number>(16).fill(0)]],
    ['ext16', [0xc8, 0x00, 0x01, 0x01, 0x00]],
    ['the unused type', [0xc1]],
    ['the largest uint64', [0xcf, ...new Array<number>(8).fill(0xff)]],
    ['invalid UTF-8', [0xa2, 0xc3, 0x28]],
    ['half a surrogate pair', [0xa3, 0xed, 0xa0, 0x80]],
    ['an overlong encoding', [0xa2, 0xc0, 0xaf]],
    ['a map with a number as key', [0x81, 0x01, 0x01]],
    ['a map with nil as key', [0x81, 0xc0, 0x01]],
    ['a map with an array as key', [0x81, 0x90, 0x01]],
    ['a map with __proto__ as key', [0x81, 0xa9, ...Buffer.from('__proto__'), 0x81, 0xa1, 0x61, 0x01]],
    ['a map with constructor as key', [0x81, 0xab, ...Buffer.from('constructor'), 0x01]],
    ['a map with prototype as key', [0x81, 0xa9, ...Buffer.from('prototype'), 0x01]],
  ])('refuses %s', (_case, value) => {
    expect(() => msgpack.decodeClient(place(value))).toThrow(ProtocolError);
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });
});

describe('msgpack', () => {
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
  ])('refuses nesting as deep as a frame can be %s', (_case, bytes) => {
    expect(() => msgpack.decodeClient(bytes)).toThrow(ProtocolError);
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
    ['nesting as deep as a frame can be', publish('['.repeat(8_190) + ']'.repeat(8_190))],
    ['__proto__ in a payload', publish('{"__proto__":{"polluted":1}}')],
    ['constructor in a payload', publish('{"a":[{"constructor":{"prototype":{"polluted":1}}}]}')],
    ['__proto__ by escapes', publish('{"\\u005f_proto__":1}')],
  ])('refuses %s', (_case, text) => {
    expect(() => decode(text)).toThrow(ProtocolError);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('takes the last of duplicate keys', () => {
    expect(decode('{"type":"ping","id":1,"id":2}')).toEqual({ type: 'ping', id: 2 });
  });

  test('does not take a type from a prototype', () => {
    expect(() => decode('{"__proto__":{"type":"ping"}}')).toThrow(ProtocolError);
  });
});

function repeat(pattern: readonly number[], times: number): number[] {
  return Array.from({ length: times }, () => pattern).flat();
}
