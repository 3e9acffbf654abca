import { expect, it } from 'vitest';

import { RoomGrants } from './room-grants.ts';

it('gives each right where a pattern that has it matches, and all patterns count', () => {
  const grants = new RoomGrants([
    ['team.*', new Set(['read'])],
    ['team.eu', new Set(['write'])],
  ]);
  expect([grants.has('read', 'team.us'), grants.has('read', 'team.eu'), grants.has('write', 'team.eu')]).toEqual([
    true,
    true,
    true,
  ]);
  expect([grants.has('write', 'team.us'), grants.has('signal', 'team.eu'), grants.has('read', 'lobby')]).toEqual([
    false,
    false,
    false,
  ]);
  expect(RoomGrants.NONE.has('read', 'lobby')).toBe(false);
});

it('gives others besides, and is itself as it was', () => {
  const own = new RoomGrants([['team.*', new Set(['read'])]]);
  const more = own.with([['team.eu', new Set(['write'])]]);
  expect([more.has('read', 'team.us'), more.has('write', 'team.eu'), more.has('write', 'team.us')]).toEqual([
    true,
    true,
    false,
  ]);
  expect(own.has('write', 'team.eu')).toBe(false);
});
