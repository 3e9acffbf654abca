import { integer, type SettingValues } from '@outcry/config';
import type { LeaseTimes } from '@outcry/worker';

/** Who archives what. */
export const PARTITION_SETTINGS = {
  OUTCRY_ARCHIVE_LEASE_MS: integer({
    meaning:
      'Another service takes a partition over when its archiver has not renewed its lease for so long. The same for all; at least twice OUTCRY_ARCHIVE_LEASE_RENEW_MS.',
    min: 500,
    max: 60_000,
    default: 3000,
  }),
  OUTCRY_ARCHIVE_LEASE_RENEW_MS: integer({
    meaning: 'How often leases are renewed, and the partitions divided among the services that are alive.',
    min: 100,
    max: 20_000,
    default: 1000,
  }),
} as const;

type Settings = SettingValues<typeof PARTITION_SETTINGS>;

export function problemsOfLease(settings: Settings): readonly string[] {
  const { OUTCRY_ARCHIVE_LEASE_MS: leaseMs, OUTCRY_ARCHIVE_LEASE_RENEW_MS: renewMs } = settings;
  return leaseMs >= 2 * renewMs ? [] : ['OUTCRY_ARCHIVE_LEASE_MS: at least twice OUTCRY_ARCHIVE_LEASE_RENEW_MS'];
}

export function leaseTimesOf(settings: Settings): LeaseTimes {
  return { leaseMs: settings.OUTCRY_ARCHIVE_LEASE_MS, renewMs: settings.OUTCRY_ARCHIVE_LEASE_RENEW_MS };
}
