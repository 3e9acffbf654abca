import { describe, expect, it } from 'vitest';

import { decimalsOf, parseScaled, scaleOf } from './parse-scaled.ts';
import { ScaledNumberError } from './scaled-number-error.ts';

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof ScaledNumberError) return error.code;
    throw error;
  }
  return undefined;
}

describe('parseScaled', () => {
  it.each([
    ['61737.63000000', 2, 6_173_763],
    ['0.00000001', 8, 1],
    ['0.1', 3, 100],
    ['5', 0, 5],
    ['5', 2, 500],
    ['5.000', 0, 5],
    ['0', 8, 0],
    ['007.50', 1, 75],
    ['-37.63', 2, -3763],
    ['9007199254740991', 0, Number.MAX_SAFE_INTEGER],
    ['90071992547409.91', 2, Number.MAX_SAFE_INTEGER],
  ])('reads %s at scale %i as %i', (text, scale, expected) => {
    expect(parseScaled(text, scale)).toBe(expected);
  });

  it('reads a negative zero as zero', () => {
    expect(Object.is(parseScaled('-0.00', 2), 0)).toBe(true);
  });

  it('is exact where a float product is not', () => {
    expect(1.005 * 1000).not.toBe(1005);
    expect(parseScaled('1.005', 3)).toBe(1005);
    expect(parseScaled('4035.89', 2)).toBe(403_589);
  });

  it.each(['', '-', '.', '5.', '.5', '1e3', '+1', ' 1', '1 ', '1.2.3', '1,5', '0x10', 'NaN', '--1', '1-', '١'])(
    'refuses %j as malformed',
    (text) => {
      expect(codeOf(() => parseScaled(text, 2))).toBe('malformed');
    },
  );

  it('refuses a non-zero decimal past the scale, and only that', () => {
    expect(codeOf(() => parseScaled('1.001', 2))).toBe('tooPrecise');
    expect(codeOf(() => parseScaled('1.1', 0))).toBe('tooPrecise');
    expect(parseScaled('1.0100', 2)).toBe(101);
  });

  it.each([
    ['9007199254740992', 0],
    ['9007199254740993', 0],
    ['90071992547409.92', 2],
    ['-9007199254740992', 0],
    ['90071992547410', 2],
    ['1', 16],
  ])('refuses %s at scale %i as too large', (text, scale) => {
    expect(codeOf(() => parseScaled(text, scale))).toBe('tooLarge');
  });

  it('quotes no more than the start of a long text', () => {
    expect(() => parseScaled('x'.repeat(10_000), 2)).toThrow(/^"x{40}…" is not a decimal number$/);
    expect(() => parseScaled('x'.repeat(40), 2)).toThrow(/^"x{40}" is not a decimal number$/);
  });
});

describe('scaleOf', () => {
  it('is the most decimals that any text needs', () => {
    expect(scaleOf(['61737.63000000', '0.50', '3'])).toBe(2);
    expect(scaleOf(['1.54698000'])).toBe(5);
    expect(scaleOf(['100', '20.00'])).toBe(0);
    expect(scaleOf(['-0.125', '1'])).toBe(3);
    expect(scaleOf([])).toBe(0);
    expect(decimalsOf('-100')).toBe(0);
  });

  it('refuses what is not a decimal', () => {
    expect(codeOf(() => scaleOf(['1.5', 'one']))).toBe('malformed');
    expect(codeOf(() => decimalsOf('1.'))).toBe('malformed');
  });
});
