/** Tokens that are good no longer, whatever they say themselves. */
export interface Revocation {
  /** One token, by its id (`jti`), or all tokens of a user. */
  readonly kind: 'token' | 'user';
  /** The token's id, or the user's name: at most 128 bytes of printable ASCII. */
  readonly id: string;
  /** Unix milliseconds. Tokens issued later are not meant: a user may come back with a new one. */
  readonly issuedUntil: number;
  /** Unix milliseconds, when the last token that is meant has expired. Then the revocation is forgotten. */
  readonly expiresAt: number;
}

/**
 * The revocations of a cluster. Every node that watches knows all of them that are in force: those from before it watched, and
 * each new one as soon as it is stored.
 *
 * A node that cannot hear the store learns of the revocations that it missed as soon as it hears it again, before its broker
 * is `up`. If the store loses its data, a node that comes back to it stores again what it knows itself.
 */
export interface RevocationList {
  /**
   * Calls back with every revocation in force, then resolves; from then on with each new one, at least once, in no order. The
   * callback never throws. A second call replaces the first.
   */
  watch(onRevoked: (revocation: Revocation) => void): Promise<void>;
  /**
   * Resolves when the revocation is stored. Rejects with an `OutcryError` of code `unavailable`, also where there are as many
   * as may be (100,000), or `closed`; it may be in force all the same, and may be asked for again.
   */
  revoke(revocation: Revocation): Promise<void>;
}
