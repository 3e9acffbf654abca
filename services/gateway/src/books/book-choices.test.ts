import type { FeedInstrument } from '@outcry/broker';
import { describe, expect, it } from 'vitest';

import { checkChoice, DEPTHS, describeInstrument, INTERVALS, unknownSymbol } from './book-choices.ts';

function instruments(symbols: readonly string[]): readonly FeedInstrument[] {
  return symbols.map((symbol) => ({ symbol, priceScale: 2, sizeScale: 3 }));
}

describe('what there is to choose of a book', () => {
  it('is every depth at every interval on offer', () => {
    for (const depth of DEPTHS) {
      for (const interval of INTERVALS) {
        expect(() => {
          checkChoice({ depth, interval });
        }).not.toThrow();
      }
    }
  });

  it.each([
    [{ depth: 11, interval: 0 }, 'depth 11 is not on offer; choose from 0, 1, 10, 25, 50, 100'],
    [{ depth: 10, interval: 50 }, 'interval 50 is not on offer; choose from 0, 100, 250, 1000, 2000'],
  ])('is nothing between, as in %o', (choice, message) => {
    expect(() => {
      checkChoice(choice);
    }).toThrow(expect.objectContaining({ code: 'unknownSymbol', message }));
  });

  it('is told of each instrument', () => {
    const [instrument] = instruments(['X']);
    const described = { symbol: 'X', priceScale: 2, sizeScale: 3, depths: DEPTHS, intervals: INTERVALS };
    expect(instrument && describeInstrument({ ...instrument, sourceKind: 'replay' })).toEqual({
      ...described,
      kind: 'replay',
    });
  });
});

describe('the refusal of a symbol', () => {
  it('names those there are, in order', () => {
    const { message } = unknownSymbol('NOPE', instruments(['B', 'C', 'A']));
    expect(message).toBe('no book of NOPE; choose from A, B, C');
  });

  it('names fifty at most', () => {
    const many = Array.from({ length: 60 }, (_, i) => `S${String(i).padStart(2, '0')}`);
    const { message } = unknownSymbol('NOPE', instruments(many));
    expect(message).toContain('S49');
    expect(message).not.toContain('S50');
  });

  it('says so where there are none', () => {
    expect(unknownSymbol('NOPE', []).message).toBe('no book of NOPE; there are none now');
  });

  it('repeats no more of a name than a symbol may have, in whole characters', () => {
    const { message } = unknownSymbol(`${'x'.repeat(127)}😀${'y'.repeat(5000)}`, []);
    expect(message).toBe(`no book of ${'x'.repeat(127)}\ufffd; there are none now`);
  });
});
