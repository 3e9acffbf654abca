/** What a key may sign with. A token's own header never widens this. */
export const KeyAlgorithm = { Hs256: 'HS256', Rs256: 'RS256', Es256: 'ES256', EdDsa: 'EdDSA' } as const;
export type KeyAlgorithm = (typeof KeyAlgorithm)[keyof typeof KeyAlgorithm];

/** All keys that there are, and what is to be said of others. */
export interface TokenKeys {
  readonly all: readonly VerificationKey[];
  /** Whether a key that is not among them may be one in a moment, for a token that says it was issued then (ms). */
  mayStillCome?(issuedAt: number | undefined): boolean;
}

/** A key that tokens are checked with, and the one algorithm that it is for (RFC 8725 §3.1). */
export interface VerificationKey {
  /** The `kid` that tokens name it by; undefined for the key of tokens that name none. */
  readonly id: string | undefined;
  readonly algorithm: KeyAlgorithm;
  /** A public key in PEM, or the bytes of a shared secret. */
  readonly material: string | Buffer;
}
