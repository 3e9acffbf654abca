import { createHash } from 'node:crypto';

import { expect, it } from 'vitest';

import { ONE_CLUSTER } from './one-cluster.ts';

it('is made as it was shipped, to the byte', () => {
  const digest = createHash('sha256').update(ONE_CLUSTER).digest('hex');
  expect(digest).toBe('b79fd4e5ae6bc176c33c16a4a9077da8ef400ac5d8d6304891fdd35089c0fb97');
});
