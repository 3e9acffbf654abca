import { describe, expect, it } from 'vitest';

import { type FoundOperator, OperatorRefusal } from '../operators/operator.ts';
import { ApiError } from './api-error.ts';
import { createAuthenticate } from './authenticate.ts';

const KEY = 'a-key-of-the-desk-1';
const TOKEN = 'aaaa.bbbb.cccc';
const ANN = { name: 'ann', subject: '4711', mayAct: true, expiresAt: 1000 };

async function codeOf(found: FoundOperator, token = TOKEN): Promise<string> {
  const authenticate = createAuthenticate([], { find: () => found });
  return authenticate(token).then(
    () => 'let in',
    (err: unknown) => (err instanceof ApiError ? err.code : String(err)),
  );
}

describe('whoever presents a token', () => {
  it('comes in by a key, or as somebody who has signed in, and is told apart in the log', async () => {
    const authenticate = createAuthenticate([{ key: KEY, name: 'ann', mayAct: false }], {
      find: () => ({ operator: ANN }),
    });
    expect(await authenticate(KEY)).toEqual({ name: 'ann', mayAct: false });
    expect(await authenticate(TOKEN)).toEqual({ ...ANN, name: 'oidc:ann' });
  });

  it('is looked for among people only with what may be a token of theirs', async () => {
    for (const other of ['key', 'a.b', 'a b.c.d', '', '..']) {
      expect(await codeOf({ operator: ANN }, other), other).toBe('unauthorized');
    }
  });

  it.each([
    [OperatorRefusal.NoRole, 'forbidden'],
    [OperatorRefusal.KeyToCome, 'unavailable'],
    [OperatorRefusal.Expired, 'unauthorized'],
    [OperatorRefusal.Signature, 'unauthorized'],
    [OperatorRefusal.Claims, 'unauthorized'],
  ])('is refused for %s with %s', async (refusal, code) => {
    expect(await codeOf({ refusal })).toBe(code);
  });

  it.each([OperatorRefusal.Signature, OperatorRefusal.KeyToCome])(
    'is held up with %s as with wrong keys',
    async (refusal) => {
      const authenticate = createAuthenticate([], { find: () => ({ refusal }) });
      const tries = await Promise.allSettled(Array.from({ length: 60 }, () => authenticate(TOKEN)));
      const codes = tries.map((each) => (each.status === 'rejected' ? (each.reason as ApiError).code : ''));
      expect(codes.filter((code) => code === 'rateLimited').length).toBeGreaterThan(30);
    },
  );
});
