import { expect, it } from 'vitest';

import { bytes, duration, milliseconds, percent, rate, toneOf } from './figures.ts';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1500, '1.5 kB'],
  [8_400_000, '8.4 MB'],
  [2e15, '2000 TB'],
])('%d bytes are %s', (count, words) => {
  expect(bytes(count)).toBe(words);
});

it.each([
  [120, '120 ms'],
  [5000, '5 s'],
  [61_000, '1 min 1 s'],
  [600_000, '10 min'],
  [5_400_000, '1 h 30 min'],
  [100 * 3_600_000, '4 d 4 h'],
])('%d ms are %s', (ms, words) => {
  expect(duration(ms)).toBe(words);
});

it('shows rates and shares as they are read', () => {
  expect([0.54, 42, 42.04, 1200].map(rate)).toEqual(['0.5', '42', '42', '1,200']);
  expect(percent(0.034)).toBe('3 %');
});

it.each([
  [0.042, '0.04 ms'],
  [3.14, '3.1 ms'],
  [12.2, '12 ms'],
  [140.2, '140 ms'],
  [1240, '1.2 s'],
])('a wait of %d ms is %s', (ms, words) => {
  expect(milliseconds(ms)).toBe(words);
});

it('warns before all of something is used', () => {
  expect([0.5, 0.8, 0.94, 0.95, 1].map(toneOf)).toEqual(['good', 'warn', 'warn', 'bad', 'bad']);
});
