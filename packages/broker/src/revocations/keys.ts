import type { KeySpace } from '../redis/keys.ts';

/** By what the partition of all revocations is chosen. */
export const REVOCATIONS = 'revocations';

/** A sorted set and a channel of revocations (scripts/revoke.lua.ts). */
export function revocationNames(space: KeySpace): { readonly set: string; readonly channel: string } {
  const base = space.baseOf(REVOCATIONS);
  return { set: `${base}revocations/`, channel: `${base}revoked/` };
}
