import { readFileSync } from 'node:fs';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { bookChecksum } from './book-checksum.ts';
import { crc32 } from './crc32.ts';
import type { Level } from './level.ts';
import { parseScaled } from './parse-scaled.ts';

interface ChecksumVector {
  readonly name: string;
  /** Where the expected value is from: Kraken's own published examples, or the rule by hand. */
  readonly source: string;
  readonly priceScale: number;
  readonly sizeScale: number;
  readonly bids: readonly (readonly [price: string, size: string])[];
  readonly asks: readonly (readonly [price: string, size: string])[];
  /** What the CRC is taken of. */
  readonly text: string;
  readonly checksum: number;
}

const VECTORS = JSON.parse(
  readFileSync(new URL('../vectors/checksum.json', import.meta.url), 'utf8'),
) as readonly ChecksumVector[];

describe('bookChecksum', () => {
  it.each(VECTORS.map((vector) => [vector.name, vector] as const))('is as published: %s', (_, vector) => {
    expect(bookChecksum(scaled(vector.bids, vector), scaled(vector.asks, vector))).toBe(vector.checksum);
  });

  it('is another one where any level of the ten differs', () => {
    const [vector] = VECTORS;
    if (vector === undefined) throw new Error('no vectors');
    const [bids, asks] = [scaled(vector.bids, vector), scaled(vector.asks, vector)];
    const whole = bookChecksum(bids, asks);
    for (let i = 0; i < 10; i++) {
      const other = bids.map(([price, size], index): Level => [price, index === i ? size + 1 : size]);
      expect(bookChecksum(other, asks)).not.toBe(whole);
      expect(bookChecksum(bids, asks.toSpliced(i, 1))).not.toBe(whole);
    }
  });
});

describe('crc32', () => {
  it.each(VECTORS.map(({ text }) => [text]))('is that of zlib for %j', (text) => {
    expect(crc32(text)).toBe(zlib.crc32(text));
  });

  it('gives the check value of the catalogue', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
  });
});

function scaled(
  levels: ChecksumVector['bids'],
  { priceScale, sizeScale }: Pick<ChecksumVector, 'priceScale' | 'sizeScale'>,
): Level[] {
  return levels.map(([price, size]): Level => [parseScaled(price, priceScale), parseScaled(size, sizeScale)]);
}
