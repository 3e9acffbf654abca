import { describe, expect, test } from 'vitest';

import { createClientCodec, decodePayload, encodePayload } from '../../index.ts';
import { MsgpackWriter } from './msgpack-writer.ts';

const GOOD = { text: 'é', list: [1, -1, 1.5, true, null], bytes: new Uint8Array([1, 2]) };

type Write = (writer: MsgpackWriter, value: never) => void;
const METHODS: readonly [string, Write, unknown][] = [
  [
    'bool',
    (writer, value) => {
      writer.bool(value);
    },
    true,
  ],
  [
    'uint',
    (writer, value) => {
      writer.uint(value);
    },
    1,
  ],
  [
    'uint64',
    (writer, value) => {
      writer.uint64(value);
    },
    1,
  ],
  [
    'int',
    (writer, value) => {
      writer.int(value);
    },
    -1,
  ],
  [
    'float64',
    (writer, value) => {
      writer.float64(value);
    },
    0.5,
  ],
  [
    'string',
    (writer, value) => {
      writer.string(value);
    },
    'a',
  ],
  [
    'binary',
    (writer, value) => {
      writer.binary(value);
    },
    new Uint8Array(1),
  ],
  [
    'raw',
    (writer, value) => {
      writer.raw(value);
    },
    new Uint8Array(1),
  ],
  [
    'arrayHeader',
    (writer, value) => {
      writer.arrayHeader(value);
    },
    1,
  ],
  [
    'mapHeader',
    (writer, value) => {
      writer.mapHeader(value);
    },
    1,
  ],
];
const VALUES: readonly unknown[] = [
  ...[undefined, null, true, NaN, Infinity, -1, 1.5, 2 ** 53, '', 'text', 1n, Symbol('s')],
  ...[{}, { length: NaN }, [], () => undefined, new ArrayBuffer(2), new DataView(new ArrayBuffer(2)), new Map()],
];

function write(writer: MsgpackWriter, values: readonly (readonly [Write, unknown])[]): string {
  writer.start();
  for (const [method, value] of values) method(writer, value as never);
  return Buffer.from(writer.finish()).toString('hex');
}

describe('a writer', () => {
  test.each(METHODS)('is not left broken by whatever is handed to %s', (_, method, good) => {
    const expected = write(
      new MsgpackWriter(),
      METHODS.map(([, each, value]) => [each, value]),
    );
    const writer = new MsgpackWriter();
    for (const bad of VALUES) {
      try {
        write(writer, [
          [method, good],
          [method, bad],
        ]);
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        expect(error).toHaveProperty('message', expect.stringMatching(/^expected .+, not .+/));
      }
      expect(
        write(
          writer,
          METHODS.map(([, each, value]) => [each, value]),
        ),
        String(bad),
      ).toBe(expected);
    }
  });

  test('says what it expected, and which number it was given', () => {
    expect(() => write(new MsgpackWriter(), [[METHODS[1]?.[1] ?? expect.fail(), -1]])).toThrow(
      'expected an unsigned integer, not -1',
    );
  });

  test.each(METHODS.filter(([name]) => /uint|Header/.test(name)))('refuses a negative number: %s', (_, method) => {
    expect(() => write(new MsgpackWriter(), [[method, -1]])).toThrow(/^expected .+, not -1$/);
  });

  test.each(METHODS)('refuses what is of another type: %s', (_, method, good) => {
    for (const value of VALUES.filter((each) => typeof each !== typeof good)) {
      expect(() => write(new MsgpackWriter(), [[method, value]]), String(value)).toThrow(TypeError);
    }
  });
});

describe('a codec', () => {
  test('takes no memory of its own for each small frame, also after one that it could not encode', () => {
    expect(() => encodePayload([1n])).toThrow(TypeError);
    const frames = Array.from({ length: 100 }, (_, index) => encodePayload(index));
    expect(new Set(frames.map(({ buffer }) => buffer)).size).toBeLessThanOrEqual(2);
  });

  test('encodes as before after frames that it could not encode', () => {
    const codec = createClientCodec('msgpack');
    const publish = { type: 'publish', id: 1, room: 'lobby', data: GOOD, key: 'k' } as const;
    const before = Buffer.from(codec.encodeClient(publish)).toString('hex');
    for (const value of VALUES) {
      for (const field of ['id', 'room', 'data', 'key']) {
        const isFine = value === undefined || (field === 'data' && typeof value !== 'bigint');
        const encode = (): unknown => codec.encodeClient({ ...publish, [field]: value });
        if (!isFine && typeof value !== 'string' && typeof value !== 'number') expect(encode, field).toThrow(TypeError);
        expect(Buffer.from(codec.encodeClient(publish)).toString('hex')).toBe(before);
      }
    }
  });

  test('encodes what a value encodes while it is encoded, each for itself', () => {
    const inner: Uint8Array[] = [];
    const outer = {
      before: 1,
      get got() {
        inner.push(encodePayload({ in: 'a getter' }));
        return 2;
      },
      nested: {
        toJSON: () => {
          inner.push(encodePayload(['in', 'toJSON']));
          return 3;
        },
      },
    };
    expect(decodePayload(encodePayload(outer))).toEqual({ before: 1, got: 2, nested: 3 });
    expect(inner.map((bytes) => decodePayload(bytes))).toEqual([{ in: 'a getter' }, ['in', 'toJSON']]);
    const throws = {
      toJSON: () => {
        throw new Error('no');
      },
    };
    expect(() => encodePayload([throws])).toThrow('no');
    expect(decodePayload(encodePayload(GOOD))).toEqual(GOOD);
  });
});
