import type { Revocation } from '@outcry/broker';

import type { Identity } from './identity.ts';

/** What a revocation asks of a token. */
export type RevocableToken = Pick<Identity, 'user' | 'tokenId' | 'issuedAt'>;

/** A look at all entries for what has expired, once so many have come. */
const PRUNE_EVERY = 1000;

/** The revocations in force, as this node knows them. */
export class RevokedTokens {
  readonly #byToken = new Map<string, Revocation>();
  readonly #byUser = new Map<string, Revocation>();
  #untilPruning = PRUNE_EVERY;

  get size(): number {
    return this.#byToken.size + this.#byUser.size;
  }

  add(revocation: Revocation): void {
    const revocations = revocation.kind === 'token' ? this.#byToken : this.#byUser;
    const former = revocations.get(revocation.id);
    revocations.set(revocation.id, former === undefined ? revocation : widestOf(former, revocation));
    this.#untilPruning -= 1;
    if (this.#untilPruning === 0) this.#prune();
  }

  has(token: RevocableToken): boolean {
    const byToken = token.tokenId === undefined ? undefined : this.#byToken.get(token.tokenId);
    const byUser = this.#byUser.get(token.user);
    return [byToken, byUser].some((revocation) => revocation !== undefined && isRevoked(token, revocation));
  }

  #prune(): void {
    const now = Date.now();
    for (const revocations of [this.#byToken, this.#byUser]) {
      for (const [id, { expiresAt }] of revocations) if (expiresAt <= now) revocations.delete(id);
    }
    this.#untilPruning = PRUNE_EVERY;
  }
}

/** Two of one subject: what either means is meant, for as long as either lasts. */
function widestOf(one: Revocation, other: Revocation): Revocation {
  return {
    ...one,
    issuedUntil: Math.max(one.issuedUntil, other.issuedUntil),
    expiresAt: Math.max(one.expiresAt, other.expiresAt),
  };
}

/** Whether a revocation means a token. One that does not say when it was issued may be as old as any. */
export function isRevoked({ user, tokenId, issuedAt = 0 }: RevocableToken, revocation: Revocation): boolean {
  if (revocation.kind === 'token') return tokenId === revocation.id;
  return user === revocation.id && issuedAt <= revocation.issuedUntil;
}
