import { expect, it } from 'vitest';

import { isOfKind } from './is-of-kind.ts';

it.each([undefined, null, 7, 'e', [], {}, { epoch: 'e' }, { seq: 7 }, { epoch: 7, seq: 7 }, { epoch: 'e', seq: -1 }])(
  'takes %j for no position',
  (value) => {
    expect(isOfKind('position', value)).toBe(false);
  },
);

it('takes a position for one, whatever else it has', () => {
  expect(isOfKind('position', { epoch: 'e', seq: 0, at: 1 })).toBe(true);
});
