import { RoomGrants } from './rights/room-grants.ts';

/** Who a client is, and what its token says of it. */
export interface Identity {
  readonly user: string;
  /** A client that brought no token. Its name is made up, and it may take a user's name later. */
  readonly isGuest: boolean;
  /** Unix milliseconds; undefined where the identity does not end by itself. */
  readonly expiresAt: number | undefined;
  /** Unix milliseconds; undefined where the token does not say. A revocation of the user's tokens asks for it. */
  readonly issuedAt: number | undefined;
  /** The token's `jti`, by which it is revoked. */
  readonly tokenId: string | undefined;
  /** Beside what room rules give to everybody. */
  readonly grants: RoomGrants;
  /** What the token's issuer calls what it may: room rules say what that means. */
  readonly scopes: ReadonlySet<string>;
  /** What others are shown of it, in msgpack. Absent: nothing is known but the name. */
  readonly info?: Uint8Array | undefined;
}

const NO_SCOPES: ReadonlySet<string> = new Set();

/** The identity of somebody who is known by name alone. */
export function identityOf(user: string, { isGuest }: { readonly isGuest: boolean }): Identity {
  const grants = RoomGrants.NONE;
  return { user, isGuest, expiresAt: undefined, issuedAt: undefined, tokenId: undefined, grants, scopes: NO_SCOPES };
}
