import { describe, expect, it } from 'vitest';

import { type RoomRule, RoomRules } from './room-rules.ts';
import { ALL_RIGHTS } from '../identity/rights/room-rights.ts';

const rule = (count: number): RoomRule => ({
  retention: { count, ms: 1000 },
  presence: true,
  publish: 'members',
  signal: 'members',
  readHistory: true,
  users: ALL_RIGHTS,
  guests: ALL_RIGHTS,
});

describe('RoomRules', () => {
  const rules = new RoomRules(
    [
      { pattern: 'news.eu', rule: rule(1) },
      { pattern: 'news.*', rule: rule(2) },
      { pattern: '*-log', rule: rule(3) },
      { pattern: '@*', rule: rule(4) },
    ],
    rule(9),
  );

  it.each([
    ['news.eu', 1],
    ['news.us', 2],
    ['news.', 2],
    ['newsXeu', 9],
    ['audit-log', 3],
    ['audit-logs', 9],
    ['@ann', 4],
    ['@all', 4],
    ['lobby', 9],
  ])('takes for %s the first rule that matches', (room, count) => {
    expect(rules.of(room).retention.count).toBe(count);
  });
});
