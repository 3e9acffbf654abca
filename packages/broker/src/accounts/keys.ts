import type { KeySpace } from '../redis/keys.ts';

/** A hash of accounts: user to password hash. */
export function accountsKey(space: KeySpace): string {
  return `${space.baseOf('accounts')}accounts/`;
}
