import { describe, expect, it } from 'vitest';

import { initialOf } from './graphemes.ts';

describe('initialOf', () => {
  it.each([
    ['ann', 'A'],
    ['e\u0301lodie', 'E\u0301'],
    ['анна', 'А'],
    ['👩‍👩‍👧 crew', '👩‍👩‍👧'],
    ['🇳🇱', '🇳🇱'],
    ['नमिता', 'न'],
    ['नि', 'नि'],
    ['דנה', 'ד'],
    ['  bob', 'B'],
    ['ß', 'ß'],
    ['', ''],
  ])('takes of %s what a reader sees first', (name, initial) => {
    expect(initialOf(name)).toBe(initial);
  });
});
