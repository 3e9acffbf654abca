import type { Random } from '../../support/random.ts';

/** Bytes at which decoders decide: heads of msgpack's containers, strings, extensions and numbers, and JSON's punctuation. */
const INTERESTING = Buffer.concat([
  Buffer.of(0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc7, 0xca, 0xcf, 0xd3, 0xd4, 0xd9, 0xdb, 0xdd, 0xdf),
  Buffer.from('{}[]":,\\u0e-'),
  Buffer.of(0x00, 0x7f, 0xff, 0xed, 0xc3),
]);
const MAX_CHANGES = 5;
const MAX_REPEATED_BYTES = 64;

/** A copy with one to four changes: bytes taken out, put in, changed or repeated, or the end cut off. */
export function mutate(bytes: Uint8Array, random: Random): Buffer {
  const mutated = [...bytes];
  for (let i = random.below(MAX_CHANGES - 1); i >= 0; i--) {
    const at = random.below(mutated.length + 1);
    const byte = random.below(2) === 0 ? random.pick([...INTERESTING]) : random.below(256);
    switch (random.below(5)) {
      case 0:
        mutated.splice(at, 1);
        break;
      case 1:
        mutated.splice(at, 0, byte);
        break;
      case 2:
        mutated.splice(at);
        break;
      case 3:
        mutated.splice(at, 0, ...mutated.slice(at, at + random.below(MAX_REPEATED_BYTES)));
        break;
      default:
        mutated[at] = byte;
    }
  }
  return Buffer.from(mutated);
}

/** Bytes that are nothing. */
export function noise(maxBytes: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.below(maxBytes) }, () => random.below(256)));
}
