import { decode as decodeByOthers } from '@msgpack/msgpack';
import { describe, expect, test } from 'vitest';

import { createCodecs, ProtocolError, RequestError } from '../index.ts';
import { CLIENT_VECTORS, SERVER_VECTORS } from '../testing/golden-vectors.ts';
import { randomRuns } from '../testing/random-runs.ts';
import { SeededRandom } from '../testing/seeded-random.ts';

const RUNS = randomRuns(20_000);
const SEED = 4002;

const { json, msgpack } = createCodecs();

/** Bytes that begin containers, strings, extensions and numbers: the ones that make a decoder decide. */
const INTERESTING = [
  0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc7, 0xca, 0xcf, 0xd3, 0xd4, 0xd9, 0xdc, 0xdd, 0xdf, 0xff,
];

/** Two of what JSON.parse alters without a word, one of them written in a way that it does not. */
const HOSTILE_JSON = new TextEncoder().encode(
  '{"type":"publish","id":1,"room":"lobby","data":["\\ud83d\\ude00",{"9007199254740993":9007199254740993e1}]}',
);

describe.each([
  [
    'msgpack requests',
    CLIENT_VECTORS.map((vector) => vector.msgpack),
    (input: Uint8Array) => msgpack.decodeClient(input),
  ],
  ['JSON requests', [...CLIENT_VECTORS.map(jsonBytes), HOSTILE_JSON], (input: Uint8Array) => json.decodeClient(input)],
  [
    'msgpack server frames',
    SERVER_VECTORS.map((vector) => vector.msgpack),
    (input: Uint8Array) => msgpack.decodeServer(input),
  ],
  ['JSON server frames', SERVER_VECTORS.map(jsonBytes), (input: Uint8Array) => json.decodeServer(textOf(input))],
])('mutated %s', (_, seeds, decode) => {
  test('are decoded or refused, and nothing else', () => {
    const random = new SeededRandom(SEED);
    let refused = 0;
    for (let run = 0; run < RUNS; run++) {
      const input = mutate(random.pick(seeds), random);
      try {
        decode(input);
      } catch (error) {
        refused += 1;
        if (!(error instanceof ProtocolError || error instanceof RequestError)) {
          throw new Error(`run ${String(run)} of seed ${String(SEED)}: ${Buffer.from(input).toString('hex')}`, {
            cause: error,
          });
        }
      }
    }
    expect(refused).toBeGreaterThan(RUNS / 10);
    expect(refused).toBeLessThan(RUNS);
  });
});

test('a mutated msgpack request ends the session exactly where it is no frame to another decoder', () => {
  const random = new SeededRandom(SEED);
  const seeds = CLIENT_VECTORS.map((vector) => vector.msgpack);
  const counts = { malformed: 0, refused: 0, taken: 0 };
  for (let run = 0; run < RUNS; run++) {
    const input = mutate(random.pick(seeds), random);
    const outcome = outcomeOf(input);
    counts[outcome] += 1;
    expect(outcome !== 'malformed', `run ${String(run)}: ${Buffer.from(input).toString('hex')}`).toBe(isFrame(input));
  }
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(RUNS / 50);
});

function outcomeOf(input: Uint8Array): 'malformed' | 'refused' | 'taken' {
  try {
    msgpack.decodeClient(input);
    return 'taken';
  } catch (error) {
    return error instanceof ProtocolError ? 'malformed' : 'refused';
  }
}

/** Well-formed msgpack, whatever stands in it, in an array that begins with an unsigned integer. */
function isFrame(input: Uint8Array): boolean {
  try {
    const value = decodeByOthers(input, {
      // Extensions and keys of any kind are well-formed.
      extensionCodec: { tryToEncode: () => null, decode: () => null },
      mapKeyConverter: (key) => `key ${String(key)}`,
    });
    if (!Array.isArray(value) || !Number.isSafeInteger(value[0]) || value[0] < 0) return false;
  } catch {
    return false;
  }
  const head = { 0xdc: 3, 0xdd: 5 }[input[0] ?? 0] ?? 1;
  return ![0xca, 0xcb].includes(input[head] ?? 0);
}

function mutate(seed: Uint8Array, random: SeededRandom): Uint8Array {
  const bytes = [...seed];
  for (let i = 1 + random.below(4); i > 0; i--) {
    const at = random.below(bytes.length + 1);
    const value = random.chance(2) ? random.pick(INTERESTING) : random.below(256);
    switch (random.below(5)) {
      case 0:
        bytes.splice(at, 1);
        break;
      case 1:
        bytes.splice(at, 0, value);
        break;
      case 2:
        bytes.splice(at);
        break;
      case 3:
        bytes.splice(at, 0, ...bytes.slice(at, at + random.below(16)));
        break;
      default:
        bytes[at] = value;
    }
  }
  return new Uint8Array(bytes);
}

function jsonBytes(vector: { readonly json: string }): Uint8Array {
  return new TextEncoder().encode(vector.json);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
