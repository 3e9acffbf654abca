import { describe, expect, it } from 'vitest';

import { ApiKeys } from './api-keys.ts';

describe('ApiKeys', () => {
  const keys = new ApiKeys(['first-key-of-an-engine', 'second-key-of-an-engine']);

  it.each(['Bearer first-key-of-an-engine', 'Bearer second-key-of-an-engine', 'bearer first-key-of-an-engine'])(
    'admits %s',
    (authorization) => {
      expect(keys.admits(authorization)).toBe(true);
    },
  );

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer first-key',
    'Basic first-key-of-an-engine',
    'first-key-of-an-engine',
  ])('does not admit %s', (authorization) => {
    expect(keys.admits(authorization)).toBe(false);
  });

  it('admits nobody where there are no keys', () => {
    expect(new ApiKeys([]).admits('Bearer ')).toBe(false);
    expect(new ApiKeys(['']).admits('Bearer ')).toBe(false);
  });
});
