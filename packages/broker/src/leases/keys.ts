import type { KeySpace } from '../redis/keys.ts';

/** A lease by name (scripts/lease.lua.ts). */
export interface LeaseNames {
  /** The holder's fence, for as long as the lease lasts. */
  readonly holder: string;
  /** The highest fence that was granted or used. */
  readonly fence: string;
  /** What the holder says of itself, behind its fence. No lease has a name that begins with a blank. */
  readonly note: string;
}

export function leaseNames(space: KeySpace, lease: string): LeaseNames {
  const base = space.baseOf(lease);
  return { holder: `${base}holder/${lease}`, fence: `${base}granted/${lease}`, note: `${base}holder/ ${lease}` };
}

/** A channel for the names of leases that are released. */
export function releasesChannel(space: KeySpace): string {
  return `${space.baseOf('releases')}releases/`;
}
