/**
 * Accounts of a cluster: who has which name, and what the password is checked with. Names are unique across nodes.
 *
 * Faults reject with an `OutcryError` of code `unavailable`, or `closed`.
 */
export interface AccountStore {
  /**
   * Gives the name to whoever comes first, once: false where it is taken, and nothing is changed. Rejects with `unavailable`
   * where there are as many accounts as may be (100,000), too.
   */
  create(user: string, passwordHash: string): Promise<boolean>;
  /** Undefined where nobody has the name. */
  readPasswordHash(user: string): Promise<string | undefined>;
}
