export interface LeaseTimes {
  /** After so long without a renewal another service takes over. */
  readonly leaseMs: number;
  /** How often leases are renewed, and the other services looked at. Half of `leaseMs`, or less. */
  readonly renewMs: number;
}

/** What the settings of a lease may be, and are where nobody says. */
export const LEASE_MS = { min: 500, max: 60_000, default: 3000 } as const;
export const LEASE_RENEW_MS = { min: 100, max: 20_000, default: 1000 } as const;

/**
 * What is wrong with the two of them together: a lease outlives one renewal that fails.
 *
 * @param name What their names begin with: `OUTCRY_ARCHIVE_LEASE`.
 */
export function problemsOfLeaseTimes(name: string, { leaseMs, renewMs }: LeaseTimes): readonly string[] {
  return leaseMs >= 2 * renewMs ? [] : [`${name}_MS: at least twice ${name}_RENEW_MS`];
}
