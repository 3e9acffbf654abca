import { expect, it } from 'vitest';

import { SeenMessages } from './seen-messages.ts';

it('holds the members of a worker against each other, and tells of each number once', () => {
  const seen = new SeenMessages();
  expect(seen.delivered('pit e1', [1, 10])).toBe(true);
  expect(seen.delivered('pit e1', [1, 10])).toBe(true);
  expect(seen.delivered('pit e1', [1, 20])).toBe(false);
  expect(seen.delivered('pit e2', [1, 20])).toBe(true);
  seen.acknowledged('pit e1', [1, 10]);
  expect(seen.take()).toEqual([
    { key: 'pit e1', delivered: [[1, 10]], acknowledged: [[1, 10]] },
    { key: 'pit e2', delivered: [[1, 20]], acknowledged: [] },
  ]);
  expect(seen.delivered('pit e1', [1, 10])).toBe(true);
  expect(seen.take()).toEqual([]);
});
