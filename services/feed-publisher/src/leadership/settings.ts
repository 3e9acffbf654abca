import { integer, type SettingValues } from '@outcry/config';
import { LEASE_MS, LEASE_RENEW_MS, problemsOfLeaseTimes } from '@outcry/worker';

import type { LeadershipTimes } from './leadership.ts';

export const LEADERSHIP_SETTINGS = {
  OUTCRY_FEED_LEASE_MS: integer({
    meaning:
      'Another publisher takes a symbol over when its leader has not renewed its lease for so long. The same for all ' +
      'publishers of a cluster; at least twice OUTCRY_FEED_LEASE_RENEW_MS.',
    ...LEASE_MS,
  }),
  OUTCRY_FEED_LEASE_RENEW_MS: integer({
    meaning: 'How often leases are renewed, and the symbols divided among the publishers that are alive.',
    ...LEASE_RENEW_MS,
  }),
} as const;

type Settings = SettingValues<typeof LEADERSHIP_SETTINGS>;

export function problemsOfLease(settings: Settings): readonly string[] {
  return problemsOfLeaseTimes('OUTCRY_FEED_LEASE', leadershipOf(settings));
}

export function leadershipOf(settings: Settings): LeadershipTimes {
  const renewMs = settings.OUTCRY_FEED_LEASE_RENEW_MS;
  // Whoever looks this often has seen those who came at the same time by then.
  return { leaseMs: settings.OUTCRY_FEED_LEASE_MS, renewMs, settleMs: renewMs };
}
