import { describe, expect, it } from 'vitest';
import { nameProblem, roomProblem, toName, toRoom } from './names.ts';

describe('nameProblem', () => {
  it.each(['ann', '7', 'ann.b-c_d', 'a'.repeat(32)])('takes %s', (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  it.each(['', '-ann', 'änn', 'ann b', 'ann:b', 'Ann', 'all', 'a'.repeat(33)])(
    'says what is wrong with "%s"',
    (name) => {
      expect(nameProblem(name)).toEqual(expect.any(String));
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
  it('lowers the case and trims', () => {
    expect(toName('  Ann ')).toBe('ann');
  });
});

describe('toRoom', () => {
  it('keeps the case, trims, and composes', () => {
    expect(toRoom('  Cafe\u0301 ')).toBe('Café');
  });
});
