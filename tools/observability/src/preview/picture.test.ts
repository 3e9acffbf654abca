import { expect, it } from 'vitest';

import { alignCurves, isEmpty } from './picture.ts';

it('has a value for every moment, and none that is no number', () => {
  const curves = [
    { name: 'late', points: [[4, 1] as const] },
    { name: 'odd', points: [[0, Number.NaN] as const, [2, 7] as const, [4, Number.POSITIVE_INFINITY] as const] },
  ];
  expect(alignCurves([0, 2, 4], curves)).toEqual([
    { name: 'late', values: [null, null, 1] },
    { name: 'odd', values: [null, 7, null] },
  ]);
});

it('is empty without a value, however many series it has', () => {
  expect(isEmpty({ series: [] })).toBe(true);
  expect(isEmpty({ series: [{ name: 'a', values: [null, null] }] })).toBe(true);
  expect(
    isEmpty({
      series: [
        { name: 'a', values: [null] },
        { name: 'b', values: [0] },
      ],
    }),
  ).toBe(false);
});
