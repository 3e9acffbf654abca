import { integer, type SettingValues } from '@outcry/config';

import type { LeadershipTimes } from './leadership.ts';

export const LEADERSHIP_SETTINGS = {
  OUTCRY_FEED_LEASE_MS: integer({
    meaning:
      'Another publisher takes a symbol over when its leader has not renewed its lease for so long. The same for all ' +
      'publishers of a cluster; at least twice OUTCRY_FEED_LEASE_RENEW_MS.',
    min: 500,
    max: 60_000,
    default: 3000,
  }),
  OUTCRY_FEED_LEASE_RENEW_MS: integer({
    meaning: 'How often leases are renewed, and the symbols divided among the publishers that are alive.',
    min: 100,
    max: 20_000,
    default: 1000,
  }),
} as const;

type Settings = SettingValues<typeof LEADERSHIP_SETTINGS>;

export function problemsOfLease(settings: Settings): readonly string[] {
  const { OUTCRY_FEED_LEASE_MS: leaseMs, OUTCRY_FEED_LEASE_RENEW_MS: renewMs } = settings;
  return leaseMs >= 2 * renewMs ? [] : ['OUTCRY_FEED_LEASE_MS: at least twice OUTCRY_FEED_LEASE_RENEW_MS'];
}

export function leadershipOf(settings: Settings): LeadershipTimes {
  const renewMs = settings.OUTCRY_FEED_LEASE_RENEW_MS;
  // Whoever looks this often has seen those who came at the same time by then.
  return { leaseMs: settings.OUTCRY_FEED_LEASE_MS, renewMs, settleMs: renewMs };
}
