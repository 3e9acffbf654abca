import { describe, expect, it } from 'vitest';
import { groupDigits, middle, runningTotals, splitZeros, subtract } from './decimal.ts';

describe('decimals', () => {
  it('subtracts without the error of floats', () => {
    expect(subtract('0.3', '0.1', 1)).toBe('0.2');
    expect(subtract('61837.64', '61837.63', 2)).toBe('0.01');
    expect(subtract('1', '2.50', 2)).toBe('-1.50');
  });

  it('finds the middle to half a tick', () => {
    expect(middle('61837.63', '61837.64', 2)).toBe('61837.635');
    expect(middle('7', '9', 0)).toBe('8.0');
  });

  it('adds up', () => {
    expect(runningTotals(['0.1', '0.2', '0.00003'], 5)).toEqual(['0.10000', '0.30000', '0.30003']);
  });

  it.each([
    ['61837.63', '61,837.63'],
    ['1234567', '1,234,567'],
    ['123', '123'],
    ['0.12345', '0.12345'],
  ])('groups %s as %s', (text, grouped) => {
    expect(groupDigits(text)).toBe(grouped);
  });

  it.each([
    ['3.78000', ['3.78', '000']],
    ['3.00', ['3', '.00']],
    ['300', ['300', '']],
    ['0.5', ['0.5', '']],
  ])('splits the zeros off %s', (text, parts) => {
    expect(splitZeros(text)).toEqual(parts);
  });
});
