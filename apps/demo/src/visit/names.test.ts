import { describe, expect, it } from 'vitest';

import { accountNameProblem, guestNameProblem, roomProblem, toAccountName, toName } from './names.ts';

describe('accountNameProblem', () => {
  it.each(['ann', '7', 'ann.b-c_d', 'a'.repeat(32)])('takes %s', (name) => {
    expect(accountNameProblem(name)).toBeUndefined();
  });

  it.each(['', '-ann', 'änn', 'ann b', 'ann:b', 'Ann', 'all', 'guest-1', 'a'.repeat(33)])(
    'says what is wrong with "%s"',
    (name) => {
      expect(accountNameProblem(name)).toEqual(expect.any(String));
    },
  );
});

describe('guestNameProblem', () => {
  it.each(['ann', 'Ann Lee', 'Аня', 'דנה לוי', '小林', '👩‍👩‍👧 crew', 'auth0|5f7c', 'ann@example.org'])(
    'takes %s',
    (name) => {
      expect(guestNameProblem(name)).toBeUndefined();
    },
  );

  it.each(['', 'all', 'server', 'a*', 'a\u202eb', 'a\u200bb', 'x'.repeat(129)])(
    'says what is wrong with "%s"',
    (name) => {
      expect(guestNameProblem(name)).toEqual(expect.any(String));
    },
  );
});

describe('roomProblem', () => {
  it.each(['desk:btc', 'Room1', 'news/Sports', 'комната', 'a room'])('takes %s', (room) => {
    expect(roomProblem(room)).toBeUndefined();
  });

  it.each(['', '@ann', '@all', 'a*', 'a\u202eb', 'x'.repeat(129)])('says what is wrong with "%s"', (room) => {
    expect(roomProblem(room)).toEqual(expect.any(String));
  });
});

describe('toName', () => {
  it('keeps the case, trims, and composes', () => {
    expect(toName('  Cafe\u0301 ')).toBe('Café');
  });
});

describe('toAccountName', () => {
  it('lowers the case and trims', () => {
    expect(toAccountName('  Ann ')).toBe('ann');
  });
});
