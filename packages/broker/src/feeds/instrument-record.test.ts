import { describe, expect, it } from 'vitest';

import { decodeInstrument, encodeInstrument } from './instrument-record.ts';

describe('the record of an instrument', () => {
  it.each([
    { symbol: 'S', priceScale: 2, sizeScale: 8 },
    { symbol: 'S', priceScale: 0, sizeScale: 12, sourceKind: 'replay' },
  ] as const)('gives back %j', (instrument) => {
    expect(decodeInstrument('S', encodeInstrument(instrument))).toEqual(instrument);
  });

  it.each(['2,8,live,more', '2,8,delayed', '2,8,'])('reads %s, of a version to come, as far as it goes', (record) => {
    const told = record.includes('live') ? { sourceKind: 'live' } : {};
    expect(decodeInstrument('S', record)).toEqual({ symbol: 'S', priceScale: 2, sizeScale: 8, ...told });
  });

  it.each(['', '2', 'a,b', '2,8x', '123,8'])('is none where it is %j', (record) => {
    expect(decodeInstrument('S', record)).toBeUndefined();
  });
});
