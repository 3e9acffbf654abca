import { expect, it } from 'vitest';

import { thresholdColour } from './threshold-colour.ts';

const STEPS = [
  { color: 'green', value: null },
  { color: 'red', value: 1 },
];

it.each([
  [-5, 'green'],
  [0.99, 'green'],
  [1, 'red'],
  [7, 'red'],
])('is that of the last step which %d has reached', (value, colour) => {
  expect(thresholdColour(STEPS, value)).toBe(colour);
});

it('is none without steps', () => {
  expect(thresholdColour([], 1)).toBeUndefined();
});
