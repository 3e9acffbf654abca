/** Who a client is. */
export interface Identity {
  readonly user: string;
  /** Unix milliseconds; undefined where the token does not expire. */
  readonly expiresAt: number | undefined;
}

/** Decides from a token who a client is. Synchronous, so that no handshake is ever pending. */
export interface Authenticator {
  /** Undefined where the token is refused; throws only for faults. */
  authenticate(token: string): Identity | undefined;
  /** The identity of a client that brings no token, or undefined where tokens are required. */
  guest(): Identity | undefined;
}
