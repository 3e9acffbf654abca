import { integer, type SettingValues } from '@outcry/config';
import { LEASE_MS, LEASE_RENEW_MS, type LeaseTimes, problemsOfLeaseTimes } from '@outcry/worker';

/** Who reads what. */
export const PARTITION_SETTINGS = {
  OUTCRY_INBOUND_LEASE_MS: integer({
    meaning:
      'Another service takes a partition over when its reader has not renewed its lease for so long. The same for all; at least twice OUTCRY_INBOUND_LEASE_RENEW_MS.',
    ...LEASE_MS,
  }),
  OUTCRY_INBOUND_LEASE_RENEW_MS: integer({
    meaning: 'How often leases are renewed, and the partitions divided among the services that are alive.',
    ...LEASE_RENEW_MS,
  }),
} as const;

type Settings = SettingValues<typeof PARTITION_SETTINGS>;

export function problemsOfLease(settings: Settings): readonly string[] {
  return problemsOfLeaseTimes('OUTCRY_INBOUND_LEASE', leaseTimesOf(settings));
}

export function leaseTimesOf(settings: Settings): LeaseTimes {
  return { leaseMs: settings.OUTCRY_INBOUND_LEASE_MS, renewMs: settings.OUTCRY_INBOUND_LEASE_RENEW_MS };
}
