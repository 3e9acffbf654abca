import { OutcryError, UnwritableError } from '@outcry/broker';
import { RequestError } from '@outcry/protocol';
import { describe, expect, it } from 'vitest';

import { toRequestError } from './to-request-error.ts';

describe('what a client is told of a failure', () => {
  it('is a refusal as it stands', () => {
    const refusal = new RequestError('forbidden', 'no');
    expect(toRequestError(refusal)).toBe(refusal);
  });

  it.each(['unavailable', 'notBegun'] as const)('is to try again where the broker says %s', (code) => {
    const cause = new OutcryError(code, 'inside');
    expect(toRequestError(cause)).toMatchObject({
      code: 'unavailable',
      message: 'the broker did not take the request in time; try again',
      cause,
    });
  });

  it('is to come back later where nothing can be stored, and why', () => {
    const cause = new UnwritableError('REASON', 'inside');
    expect(toRequestError(cause)).toMatchObject({
      code: 'unavailable',
      message: 'nothing can be stored now (REASON); try again later',
      cause,
    });
  });

  it.each([new OutcryError('closed', 'inside'), new Error('inside'), 'inside', undefined])(
    'is nothing where it is the gateway’s own fault: %s',
    (fault) => {
      expect(toRequestError(fault)).toBeUndefined();
    },
  );
});
