import { describe, expect, it } from 'vitest';

import { ageText, durationText } from './duration.ts';

describe('durationText', () => {
  it.each([
    [40, '40 ms'],
    [2_540, '2.5 s'],
    [9_940, '9.9 s'],
    [9_999, '10 s'],
    [14_400, '14 s'],
    [59_499, '59 s'],
    [59_700, '1 min 0 s'],
    [67_000, '1 min 7 s'],
    [3_599_900, '1 h 0 min'],
    [7_380_000, '2 h 3 min'],
  ])('says %i ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe('ageText', () => {
  it.each([
    [-3, '0 s'],
    [999, '0 s'],
    [2_999, '2 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [86_400_000, '24 h'],
  ])('says %i ms as %s', (ms, text) => {
    expect(ageText(ms)).toBe(text);
  });
});
