import { expect, it } from 'vitest';

import { guestIdentity } from '../identity/guest-identity.ts';
import { identityOf } from '../identity/identity.ts';
import { askerOf } from './question.ts';

it('counts the questions of a user together, wherever it comes from, and those of guests by their address', () => {
  const asker = (user: string | undefined, address: string): string => {
    const identity = user === undefined ? guestIdentity() : identityOf(user, { isGuest: false });
    return askerOf({ connection: 'c', identity, address });
  };
  expect(asker('ann', '192.0.2.1')).toBe(asker('ann', '192.0.2.2'));
  expect(asker(undefined, '192.0.2.1')).toBe(asker(undefined, '192.0.2.1'));
  const others = [asker('ann', '192.0.2.1'), asker('bob', '192.0.2.1'), asker(undefined, '192.0.2.1')];
  expect(new Set([...others, asker(undefined, '192.0.2.2'), asker('192.0.2.1', '192.0.2.1')]).size).toBe(5);
});
