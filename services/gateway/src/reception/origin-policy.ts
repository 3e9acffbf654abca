/** What a handshake tells of the page that it was made by. */
export interface OriginClaims {
  /** Every `Origin` header. */
  readonly origins: readonly string[];
  readonly hasCookies: boolean;
}

/** Which pages may connect: a browser lets any page do so, and sends the user's cookies along. */
export class OriginPolicy {
  readonly #allowed: ReadonlySet<string>;

  /** @param allowed Origins as browsers write them (RFC 6454 §6.1), or `*` for any. */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
  }

  /** What is no browser has no origin; where it brings a cookie, a browser's has been taken from it. */
  admits({ origins, hasCookies }: OriginClaims): boolean {
    if (this.#allowed.has('*')) return true;
    const [origin] = origins;
    if (origin === undefined) return !hasCookies;
    return origins.length === 1 && this.#allowed.has(origin);
  }
}
