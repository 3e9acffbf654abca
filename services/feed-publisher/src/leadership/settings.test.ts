import { expect, it } from 'vitest';

import { leadershipOf, problemsOfLease } from './settings.ts';

function settings(leaseMs: number, renewMs: number): Parameters<typeof leadershipOf>[0] {
  return { OUTCRY_FEED_LEASE_MS: leaseMs, OUTCRY_FEED_LEASE_RENEW_MS: renewMs };
}

it('refuses a lease that one lost renewal would end', () => {
  expect(problemsOfLease(settings(2000, 1000))).toEqual([]);
  expect(problemsOfLease(settings(1999, 1000))).toEqual([
    'OUTCRY_FEED_LEASE_MS: at least twice OUTCRY_FEED_LEASE_RENEW_MS',
  ]);
});

it('lets a publisher settle for as long as it takes all others to look once', () => {
  expect(leadershipOf(settings(3000, 700))).toEqual({ leaseMs: 3000, renewMs: 700, settleMs: 700 });
});
