import { CLOSE_CODES } from '@outcry/protocol';
import { expect, it } from 'vitest';

import { describeExceeded } from './exceeded-limit.ts';

it('tells one who has too many connections from one who connects too often', () => {
  expect(describeExceeded('connections', 'user')).toEqual({
    error: {
      type: 'error',
      code: 'limitReached',
      message: 'the user has all the connections that it may have',
      retryable: false,
    },
    closeCode: CLOSE_CODES.quotaExceeded,
  });
  expect(describeExceeded('rate', 'address')).toEqual({
    error: { type: 'error', code: 'rateLimited', message: 'the address connects too often', retryable: true },
    closeCode: CLOSE_CODES.rateLimited,
  });
});
