import { expect, it } from 'vitest';

import { pagesOf } from './pages.ts';

it.each([
  { count: 0, lengths: [] },
  { count: 1, lengths: [1] },
  { count: 256, lengths: [256] },
  { count: 257, lengths: [256, 1] },
  { count: 600, lengths: [256, 256, 88] },
])('makes pages of $lengths of $count', ({ count, lengths }) => {
  const all = Array.from({ length: count }, (_, i) => i);
  const pages = pagesOf(all);
  expect(pages.map((page) => page.length)).toEqual(lengths);
  expect(pages.flat()).toEqual(all);
});
