import { describe, expect, it } from 'vitest';

import { describeDoors } from './describe-doors.ts';

const POLICY = { issuer: undefined, audience: undefined, clockToleranceMs: 0, maxLifetimeMs: 60_000 };
const ACCOUNTS = { secret: Buffer.alloc(32), lifetimeMs: 60_000, maxPerAddressPerMinute: 0, policy: POLICY };

function doorsOf(auth: Parameters<typeof describeDoors>[0]): unknown {
  return JSON.parse(Buffer.from(describeDoors(auth).body).toString());
}

describe('describeDoors', () => {
  it('says that any name will do where no token is checked', () => {
    expect(doorsOf({ tokens: undefined, accounts: undefined })).toEqual({ hasAccounts: false, strangers: 'trusted' });
    expect(doorsOf({ tokens: undefined, accounts: ACCOUNTS })).toEqual({ hasAccounts: true, strangers: 'trusted' });
  });

  it('says whether there are guests where tokens are checked', () => {
    const tokens = { keys: [], policy: POLICY };
    expect(
      doorsOf({ tokens: { ...tokens, hasGuests: true, keysFile: undefined, provider: undefined }, accounts: ACCOUNTS }),
    ).toMatchObject({
      strangers: 'guest',
    });
    expect(
      doorsOf({
        tokens: { ...tokens, hasGuests: false, keysFile: undefined, provider: undefined },
        accounts: undefined,
      }),
    ).toEqual({
      hasAccounts: false,
      strangers: 'none',
    });
  });
});
