import { describe, expect, it } from 'vitest';

import type { Unit } from '../panel.ts';
import { formatValue, isUnit } from './format-value.ts';

describe('formatValue', () => {
  it.each<[Unit, number, string]>([
    ['short', 0, '0'],
    ['short', 16, '16'],
    ['short', 0.3333, '0.333'],
    ['short', 12_345, '12.3 K'],
    ['short', 999.9, '1 K'],
    ['short', -1500, '-1.5 K'],
    ['short', 2e6, '2 Mil'],
    ['short', 1e18, '1000000 Tri'],
    ['ops', 3.14159, '3.14 ops/s'],
    ['ops', 12_345, '12.3K ops/s'],
    ['Bps', 1500, '1.5 kB/s'],
    ['bytes', 1536, '1.5 KiB'],
    ['bytes', 226 * 1024 * 1024, '226 MiB'],
    ['s', 0, '0 s'],
    ['s', 0.0123, '12.3 ms'],
    ['s', 0.000_25, '250 µs'],
    ['s', 90, '1.5 mins'],
    ['s', 7200, '2 hours'],
    ['percentunit', 0.256, '25.6%'],
    ['percentunit', 1, '100%'],
    ['bool_yes_no', 1, 'Yes'],
    ['bool_yes_no', 0, 'No'],
  ])('%s %d is %s', (unit, value, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });
});

describe('isUnit', () => {
  it('knows those that panels may have', () => {
    expect(isUnit('percentunit')).toBe(true);
    expect(isUnit('toString')).toBe(false);
    expect(isUnit('percent')).toBe(false);
  });
});
