import { describe, expect, it } from 'vitest';

import { sharesOf } from './cpu-profile.ts';

const frame = (functionName: string, url = '') => ({ functionName, url });

describe('sharesOf', () => {
  it('counts time for the innermost work, helpers for their callers, and leaves out what is idle', () => {
    const profile = {
      nodes: [
        { id: 1, callFrame: frame('(root)'), children: [2, 5, 6] },
        { id: 2, callFrame: frame('handle', 'file:///src/books/view.ts'), children: [3, 4] },
        { id: 3, callFrame: frame('sort', 'file:///src/sort.ts') },
        { id: 4, callFrame: frame('publish', 'file:///src/fanout.ts') },
        { id: 5, callFrame: frame('(idle)') },
        { id: 6, callFrame: frame('(program)') },
      ],
      samples: [2, 3, 4, 5, 6, 1],
      timeDeltas: [10, 30, 20, 1000, 30, 10],
    };
    const works = [
      { name: 'books', files: ['/books/'] },
      { name: 'fan-out', files: ['/fanout.ts'] },
    ];
    expect(Object.fromEntries(sharesOf(profile, works))).toEqual({
      books: 0.4,
      'fan-out': 0.2,
      'native code and kernel': 0.3,
      other: 0.1,
    });
  });
});
