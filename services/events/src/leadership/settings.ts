import { integer, type SettingValues } from '@outcry/config';
import { LEASE_MS, LEASE_RENEW_MS, type LeaseTimes, problemsOfLeaseTimes } from '@outcry/worker';

/** Who sends. */
export const LEADERSHIP_SETTINGS = {
  OUTCRY_EVENTS_LEASE_MS: integer({
    meaning:
      'Another service sends when the one that does has not renewed its lease for so long. The same for all; at least twice OUTCRY_EVENTS_LEASE_RENEW_MS.',
    ...LEASE_MS,
  }),
  OUTCRY_EVENTS_LEASE_RENEW_MS: integer({
    meaning: 'How often the lease is renewed.',
    ...LEASE_RENEW_MS,
  }),
} as const;

type Settings = SettingValues<typeof LEADERSHIP_SETTINGS>;

export function problemsOfLease(settings: Settings): readonly string[] {
  return problemsOfLeaseTimes('OUTCRY_EVENTS_LEASE', leaseTimesOf(settings));
}

export function leaseTimesOf(settings: Settings): LeaseTimes {
  return { leaseMs: settings.OUTCRY_EVENTS_LEASE_MS, renewMs: settings.OUTCRY_EVENTS_LEASE_RENEW_MS };
}
