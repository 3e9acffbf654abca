import { expect, test } from 'vitest';

import { formatScaled } from './index.ts';

test.each([
  [6_173_763, 2, '61737.63'],
  [0, 0, '0'],
  [7, 0, '7'],
  [0, 5, '0.00000'],
  [1, 5, '0.00001'],
  [100_000, 5, '1.00000'],
  [-5, 2, '-0.05'],
  [-123, 1, '-12.3'],
  [9_007_199_254_740_991, 8, '90071992.54740991'],
  [1, 20, '0.00000000000000000001'],
])('prints %i at scale %i as %s', (value, scale, text) => {
  expect(formatScaled(value, scale)).toBe(text);
});
