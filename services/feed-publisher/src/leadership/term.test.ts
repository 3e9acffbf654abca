import { expect, it } from 'vitest';

import { Term } from './term.ts';

it('begins before its epoch does, under the fence of its lease, and aborts what is tried when it ends', () => {
  const term = new Term(7);
  expect(term).toMatchObject({ fence: 7, isOpen: false });
  const { signal } = term;
  expect(signal.aborted).toBe(false);
  term.end();
  expect(signal.aborted).toBe(true);
});
