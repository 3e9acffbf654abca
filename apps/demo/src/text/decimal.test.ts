import { describe, expect, it } from 'vitest';
import { groupDigits, splitZeros } from './decimal.ts';

describe('decimals', () => {
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
