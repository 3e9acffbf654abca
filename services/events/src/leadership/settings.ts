import { integer, type SettingValues } from '@outcry/config';
import type { LeaseTimes } from '@outcry/worker';

/** Who sends. */
export const LEADERSHIP_SETTINGS = {
  OUTCRY_EVENTS_LEASE_MS: integer({
    meaning:
      'Another service sends when the one that does has not renewed its lease for so long. The same for all; at least twice OUTCRY_EVENTS_LEASE_RENEW_MS.',
    min: 500,
    max: 60_000,
    default: 3000,
  }),
  OUTCRY_EVENTS_LEASE_RENEW_MS: integer({
    meaning: 'How often the lease is renewed.',
    min: 100,
    max: 20_000,
    default: 1000,
  }),
} as const;

type Settings = SettingValues<typeof LEADERSHIP_SETTINGS>;

export function problemsOfLease(settings: Settings): readonly string[] {
  const { OUTCRY_EVENTS_LEASE_MS: leaseMs, OUTCRY_EVENTS_LEASE_RENEW_MS: renewMs } = settings;
  return leaseMs >= 2 * renewMs ? [] : ['OUTCRY_EVENTS_LEASE_MS: at least twice OUTCRY_EVENTS_LEASE_RENEW_MS'];
}

export function leaseTimesOf(settings: Settings): LeaseTimes {
  return { leaseMs: settings.OUTCRY_EVENTS_LEASE_MS, renewMs: settings.OUTCRY_EVENTS_LEASE_RENEW_MS };
}
