import { describe, expect, it } from 'vitest';

import { RoomPattern } from './room-pattern.ts';

describe('RoomPattern', () => {
  it.each([
    ['lobby', 'lobby', true],
    ['lobby', 'lobbyx', false],
    ['lobby', 'lobb', false],
    ['lobby', 'Xobby', false],
    ['lobby', 'XXlobby', false],
    ['lobby*', 'lobby', true],
    ['*', 'anything', true],
    ['*', '@ann', true],
    ['@*', '@ann', true],
    ['@*', 'ann', false],
    ['news.*', 'news.', true],
    ['news.*', 'newsx', false],
    ['*-log', 'audit-log', true],
    ['*-log', 'audit-logs', false],
    ['a*b*c', 'aXbYbZc', true],
    ['a*b*c', 'aXcYbZ', false],
    ['a**c', 'ac', true],
    ['*ab', 'aab', true],
    ['*aab*', 'aaab', true],
    ['news/*', 'news/Sports', true],
    ['news/*', 'News/Sports', false],
    ['auth0|*', 'auth0|5f7c8ec7c33c6c004bbafe82', true],
    ['@*@example.org', '@ann@example.org', true],
    ['комната*', 'комната 1', true],
    ['*🚀', '👩‍🚀', true],
    ['?oom', 'room', false],
    ['[a-z]', 'b', false],
  ])('%j matches %j: %j', (pattern, room, expected) => {
    expect(new RoomPattern(pattern).matches(room)).toBe(expected);
  });

  it('takes no longer for many stars', () => {
    const pattern = new RoomPattern(`${'a*'.repeat(60)}b`);
    const before = process.cpuUsage();
    expect(pattern.matches('a'.repeat(128))).toBe(false);
    // Of the processor's time: that which passes is also others'.
    expect(process.cpuUsage(before).user).toBeLessThan(100_000);
  });
});
