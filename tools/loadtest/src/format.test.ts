import { describe, expect, it } from 'vitest';

import { formatMs, formatPart, formatPercent, formatRate, formatShare } from './format.ts';

describe('what was not measured', () => {
  it('is a dash, not a zero', () => {
    expect([formatMs(null), formatShare(null), formatRate(null), formatPart(0, 0)]).toEqual(['–', '–', '–', '–']);
    expect([formatMs(0), formatShare(0), formatRate(0), formatPart(0, 10)]).toEqual([
      '0.00 ms',
      '0 %',
      '0',
      '0 of 10 (0 %)',
    ]);
  });
});

describe('formatPercent', () => {
  it('does not make nothing of little', () => {
    expect(formatPercent(1 / 1_000_000)).toBe('< 0.01 %');
    expect(formatPercent(0.0003)).toBe('0.03 %');
    expect(formatPercent(0.83)).toBe('83 %');
    expect(formatPercent(1)).toBe('100 %');
  });
});
