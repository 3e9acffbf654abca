import { expect, it } from 'vitest';

import { createEpoch, EPOCH_LENGTH } from './epoch.ts';

it('gives each epoch once, all of one length', () => {
  const epochs = Array.from({ length: 5000 }, createEpoch);
  expect(new Set(epochs).size).toBe(epochs.length);
  expect(new Set(epochs.map(({ length }) => length))).toEqual(new Set([EPOCH_LENGTH]));
});
