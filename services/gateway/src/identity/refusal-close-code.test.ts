import { CLOSE_CODES } from '@outcry/protocol';
import { expect, it } from 'vitest';

import { TokenRefusal } from './authenticator.ts';
import { closeCodeFor } from './refusal-close-code.ts';

it('tells apart only what the holder of a token may know anyway', () => {
  const { Expired, Revoked, KeyToCome, ...others } = TokenRefusal;
  expect(closeCodeFor(Expired)).toBe(CLOSE_CODES.tokenExpired);
  expect(closeCodeFor(Revoked)).toBe(CLOSE_CODES.revoked);
  expect(closeCodeFor(KeyToCome)).toBe(CLOSE_CODES.keyPending);
  for (const refusal of Object.values(others)) expect(closeCodeFor(refusal)).toBe(CLOSE_CODES.unauthenticated);
});
