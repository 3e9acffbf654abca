import { expect, it } from 'vitest';

import { placeOf } from './value-fault.ts';

it('quotes of a key 32 characters', () => {
  expect(placeOf('data', ['k'.repeat(32)])).toBe(`data.${'k'.repeat(32)}`);
  expect(placeOf('data', ['k'.repeat(33)])).toBe(`data["${'k'.repeat(32)}…"]`);
});

it('says of a place 256 characters', () => {
  const steps = Array.from({ length: 84 }, () => 1);
  expect(placeOf('data', steps)).toBe(`data${'[1]'.repeat(84)}`);
  expect(placeOf('data1', steps)).toBe(`${`data1${'[1]'.repeat(84)}`.slice(0, 256)}…`);
});
