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
  /** Undefined where nobody has the name, or its account has been deleted. */
  readPasswordHash(user: string): Promise<string | undefined>;
  /** Whether the name can be had no more, because somebody has it, or has had it. */
  isTaken(user: string): Promise<boolean>;
  /** Replaces what the password is checked with, of a deleted account, too: it is there again. False where the name never was one. */
  replacePasswordHash(user: string, passwordHash: string): Promise<boolean>;
  /** From here on the account has no password; its name stays taken. False where the name never was one. */
  delete(user: string): Promise<boolean>;
}
