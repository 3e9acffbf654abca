import { encode } from '@msgpack/msgpack';
import { type RawClient, type WireEncoding } from '@outcry/testkit';

import type { Attack, Attempt } from '../support/attack.ts';
import { outcomeOfFrames } from '../support/outcome.ts';
import type { Target } from '../support/target.ts';
import { ENCODED_REQUESTS } from '../support/vectors.ts';

const MALFORMED = '4002 malformed';
const TOO_BIG = '1009 too-big';
const REFUSED = 'error badRequest';
const MAX_FRAME_BYTES = 16_384;
const MAX_CUT_BYTES = 65_536;
const BYTES_PER_MIB = 2 ** 20;
/** What the gateway's process may grow by, whatever the bombs promise. */
const MAX_GROWTH_BYTES = 48 * BYTES_PER_MIB;
const BOMBS_OF_A_KIND = 5;

/** The beginning of `publish` to a room, up to its payload. */
const PUBLISH = [0x94, 4, 1, 0xa1, 0x61];

interface HostileFrame {
  readonly what: string;
  readonly encoding: WireEncoding;
  readonly frame: Uint8Array;
  readonly expected: string;
}

function attemptOf({ what, encoding, frame, expected }: HostileFrame): Attempt {
  return {
    what: `${what}, ${encoding}`,
    expected,
    run: (target: Target) =>
      outcomeOfFrames(target.session(encoding), (client) => {
        sendBytes(client, frame);
      }),
  };
}

/** Bytes as a message of the session's own kind, whatever is in them. */
function sendBytes({ socket, encoding }: RawClient, frame: Uint8Array): void {
  if (encoding === 'msgpack') socket.sendBinary(frame);
  else socket.sendText(Buffer.from(frame).toString());
}

function ofText(texts: Readonly<Record<string, string>>, expected: string): readonly Attempt[] {
  return Object.entries(texts).map(([what, text]) =>
    attemptOf({ what, encoding: 'json', frame: Buffer.from(text), expected }),
  );
}

function ofBytes(frames: Readonly<Record<string, readonly number[]>>, expected: string): readonly Attempt[] {
  return Object.entries(frames).map(([what, bytes]) =>
    attemptOf({ what, encoding: 'msgpack', frame: Buffer.from(bytes), expected }),
  );
}

function asPayload(values: Readonly<Record<string, readonly number[]>>): Record<string, readonly number[]> {
  return Object.fromEntries(Object.entries(values).map(([what, value]) => [what, [...PUBLISH, ...value]]));
}

function publish(data: string): string {
  return `{"type":"publish","room":"a","data":${data}}`;
}

/** A ping of exactly so many bytes. */
function pingOf(size: number, encoding: WireEncoding): Uint8Array {
  if (encoding === 'json') return Buffer.from('{"type":"ping","id":1}'.padEnd(size));
  return encode([11, 1, 'x'.repeat(size - 6)]);
}

function bomb(type: number): readonly number[] {
  return [type, 0xff, 0xff, 0xff, 0xff];
}

const BOMBS = asPayload({
  array32: bomb(0xdd),
  map32: bomb(0xdf),
  str32: bomb(0xdb),
  bin32: bomb(0xc6),
  ext32: bomb(0xc9),
  'array32 of ten million': [0xdd, 0x00, 0x98, 0x96, 0x80],
  'map16 within array16': [0xdc, 0x00, 0x01, 0xde, 0xff, 0xff],
});

export const FRAME_ATTACKS: readonly Attack[] = [
  {
    name: 'frames that are too large end the connection',
    attempts: () =>
      (['json', 'msgpack'] as const).flatMap((encoding) => [
        attemptOf({
          what: 'one byte too many',
          encoding,
          frame: pingOf(MAX_FRAME_BYTES + 1, encoding),
          expected: TOO_BIG,
        }),
        attemptOf({ what: 'four times as large', encoding, frame: pingOf(MAX_CUT_BYTES, encoding), expected: TOO_BIG }),
        attemptOf({ what: 'past what is read', encoding, frame: pingOf(MAX_CUT_BYTES + 1, encoding), expected: 'cut' }),
        attemptOf({ what: 'a mebibyte', encoding, frame: pingOf(BYTES_PER_MIB, encoding), expected: 'cut' }),
      ]),
  },
  {
    name: 'malformed frames end the connection',
    attempts: () => [
      ...ofText(
        {
          nothing: '',
          'no JSON': 'ping',
          'a list': '[]',
          null: 'null',
          'no type': '{"room":"a"}',
          'a type that is a number': '{"type":11}',
          'a byte order mark': '\ufeff{"type":"ping"}',
          'two frames': '{"type":"ping"}{"type":"ping"}',
          'NUL behind': '{"type":"ping"}\u0000',
        },
        MALFORMED,
      ),
      ...ofBytes(
        {
          nothing: [],
          nil: [0xc0],
          'a map': [0x80],
          'the unused type': [0x92, 11, 0xc1],
          'bytes behind': [0x91, 11, 0x00],
          'a string that breaks off': [...PUBLISH, 0xa2, 0xc3],
        },
        MALFORMED,
      ),
    ],
  },
  {
    name: 'values that no payload may have are refused, and nothing comes of them',
    attempts: () => [
      ...ofText(
        {
          'a number past all numbers': publish('1e400'),
          'an integer past 2^53': publish('[9007199254740993]'),
          'half a surrogate pair': publish('"\\ud83d"'),
        },
        REFUSED,
      ),
      ...ofBytes(
        asPayload({
          'invalid UTF-8': [0xa2, 0xc3, 0x28],
          'a number past 2^53': [0xcf, ...new Array<number>(8).fill(0xff)],
          NaN: [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
        }),
        REFUSED,
      ),
    ],
  },
  {
    name: 'truncated frames end the connection',
    attempts: () =>
      (['json', 'msgpack'] as const).flatMap((encoding) =>
        ENCODED_REQUESTS[encoding].flatMap(({ name, bytes }) =>
          [0.3, 0.6, 0.9].map((part) =>
            attemptOf({
              what: `${name}, ${String(part * 100)} % of it`,
              encoding,
              frame: bytes.subarray(0, Math.floor(bytes.length * part)),
              expected: MALFORMED,
            }),
          ),
        ),
      ),
  },
  {
    name: 'deeply nested frames are refused, and end the connection where they never end',
    attempts: () => [
      ...ofText(
        {
          'as deep as a frame can be': publish('['.repeat(8000) + ']'.repeat(8000)),
          '33 lists': publish('['.repeat(33) + ']'.repeat(33)),
          'an integer past 2^53 behind them': publish('9007199254740993').replace(
            '{',
            `{"x":${'['.repeat(7000)}${']'.repeat(7000)},`,
          ),
        },
        REFUSED,
      ),
      ...ofText(
        { 'never closed': '['.repeat(MAX_FRAME_BYTES), 'objects never closed': '{"a":'.repeat(3000) },
        MALFORMED,
      ),
      ...ofBytes(
        asPayload({
          'as deep as a frame can be': [...new Array<number>(16_000).fill(0x91), 0xc0],
          'maps as deep': [...Array.from({ length: 5000 }, () => [0x81, 0xa1, 0x61]).flat(), 0xc0],
          '33 lists': [...new Array<number>(33).fill(0x91), 0xc0],
        }),
        REFUSED,
      ),
      ...ofBytes(
        {
          'as the frame': new Array<number>(MAX_FRAME_BYTES).fill(0x91),
          ...asPayload({
            lists: new Array<number>(16_000).fill(0x91),
            maps: Array.from({ length: 5000 }, () => [0x81, 0xa1, 0x61]).flat(),
          }),
        },
        MALFORMED,
      ),
    ],
  },
  {
    name: 'frames of a few bytes that promise gigabytes allocate nothing',
    attempts: () => Array.from({ length: BOMBS_OF_A_KIND }, () => ofBytes(BOMBS, MALFORMED)).flat(),
    inspect: inspectGrowth,
  },
  {
    name: 'keys that would reach a prototype are refused',
    attempts: () => [
      ...ofText(
        {
          ['__proto__']: publish('{"__proto__":{"polluted":1}}'),
          '__proto__ by escapes': publish('{"\\u005f_proto__":{"polluted":1}}'),
          constructor: publish('[{"constructor":{"prototype":{"polluted":1}}}]'),
        },
        REFUSED,
      ),
      ...ofBytes(
        asPayload({
          ['__proto__']: [0x81, ...encode('__proto__'), 0x80],
          constructor: [0x81, ...encode('constructor'), 0x81, ...encode('prototype'), 0x80],
        }),
        REFUSED,
      ),
    ],
  },
  {
    name: 'extension types, records and other objects of libraries are refused',
    attempts: () =>
      ofBytes(
        asPayload({
          fixext1: [0xd4, 0x01, 0x00],
          'a record': [0xd4, 0x72, 0x40],
          'a RegExp': [0xc7, 0x02, 0x78, 0xa1, 0x61],
          'a typed array': [0xc7, 0x02, 0x74, 0x00, 0x01],
          'a timestamp': [0xd6, 0xff, 0, 0, 0, 0],
          'a map by numbers': [0x81, 0x01, 0x01],
        }),
        REFUSED,
      ),
  },
];

async function inspectGrowth(target: Target): Promise<readonly string[]> {
  const grownBytes = (await target.residentBytes()) - target.residentBytesAtStart;
  return grownBytes <= MAX_GROWTH_BYTES
    ? []
    : [`the process has grown by ${(grownBytes / BYTES_PER_MIB).toFixed(0)} MiB`];
}
