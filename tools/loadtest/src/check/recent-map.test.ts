import { expect, it } from 'vitest';

import { RecentMap } from './recent-map.ts';

it('holds what was set last, never more than it may, and counts what it has dropped', () => {
  const map = new RecentMap<number, number>(10);
  for (let i = 1; i <= 100; i++) map.set(i, 2 * i);
  const held = Array.from({ length: 100 }, (_, i) => i + 1).filter((i) => map.get(i) !== undefined);
  expect(held.length).toBeGreaterThanOrEqual(5);
  expect(held.length).toBeLessThanOrEqual(10);
  expect(held.at(-1)).toBe(100);
  expect(held.map((i) => map.get(i))).toEqual(held.map((i) => 2 * i));
  expect(map.dropped).toBe(100 - held.length);
});
