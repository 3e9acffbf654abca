import { describe, expect, test } from 'vitest';

import { ALL_ROOM, inboxOf, isAssignableUserName, isInbox, isRoomName, isUserName } from '../index.ts';

describe('room names', () => {
  test.each(['a', '0', 'lobby', 'a.b_c:d-e', 'x'.repeat(128), '@all', '@ann', `@${'x'.repeat(127)}`])(
    'may be %s',
    (name) => {
      expect(isRoomName(name)).toBe(true);
    },
  );

  test.each([
    '',
    'A',
    '.a',
    '-a',
    ':a',
    '_a',
    'a b',
    'a/b',
    'a{b}',
    'a*',
    'a\n',
    'a\u0000',
    'é',
    'x'.repeat(129),
    '@',
    '@@a',
    '@A',
    'a@b',
    `@${'x'.repeat(128)}`,
  ])('may not be %j', (name) => {
    expect(isRoomName(name)).toBe(false);
  });

  test('of inboxes are those of users, and @all is none', () => {
    expect(inboxOf('ann')).toBe('@ann');
    expect(isInbox('@ann')).toBe(true);
    expect(isInbox(ALL_ROOM)).toBe(false);
    expect(isInbox('ann')).toBe(false);
  });
});

describe('user names', () => {
  test('make a room name of every inbox', () => {
    const longest = 'u'.repeat(127);
    expect(isUserName(longest)).toBe(true);
    expect(isRoomName(inboxOf(longest))).toBe(true);
    expect(isUserName(`${longest}u`)).toBe(false);
  });

  test('that can be borne leave out the one whose inbox is everybody', () => {
    expect(isUserName('all')).toBe(true);
    expect(isAssignableUserName('all')).toBe(false);
    expect(isAssignableUserName('server')).toBe(false);
    expect(isAssignableUserName('ann')).toBe(true);
    expect(isAssignableUserName('Ann')).toBe(false);
  });
});
