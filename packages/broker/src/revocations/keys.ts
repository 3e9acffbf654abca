import type { KeySpace } from '../redis/keys.ts';

/** A sorted set and a channel of revocations (scripts/revoke.lua.ts). */
export function revocationNames(space: KeySpace): { readonly set: string; readonly channel: string } {
  const base = space.baseOf('revocations');
  return { set: `${base}revocations/`, channel: `${base}revoked/` };
}
