import { ConfigError } from '@outcry/config';
import { describe, expect, it } from 'vitest';

import { loadEventsConfig } from './config.ts';

const NEEDED = {
  OUTCRY_EVENTS_URL: 'https://app.example.com/outcry/events',
  OUTCRY_EVENTS_SECRET: 'a-secret-of-at-least-thirty-two-characters',
};

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadEventsConfig(environment);
  } catch (err) {
    if (err instanceof ConfigError) return err.problems;
    throw err;
  }
  return [];
}

describe('loadEventsConfig', () => {
  it('needs your server and a secret, and nothing else', () => {
    expect(loadEventsConfig(NEEDED).config).toEqual({
      logLevel: 'info',
      internal: { host: '127.0.0.1', port: 8081 },
      redis: { url: 'redis://127.0.0.1:6379', prefix: 'outcry', startTimeoutMs: 300_000, requiresReplicas: false },
      delivery: { url: NEEDED.OUTCRY_EVENTS_URL, secret: NEEDED.OUTCRY_EVENTS_SECRET, deadlineMs: 5000 },
      sending: { gatherMs: 50, pollMs: 1000, maxBatch: 100, retryMs: 3_600_000 },
      leases: { leaseMs: 3000, renewMs: 1000 },
    });
  });

  const WORDS =
    'expected an https URL without a user and a fragment; with OUTCRY_EVENTS_PLAIN_HTTP, or an http one of this host or its private network';
  it.each([
    [{}, ['OUTCRY_EVENTS_URL: required', 'OUTCRY_EVENTS_SECRET: required']],
    [{ ...NEEDED, OUTCRY_EVENTS_URL: 'http://127.0.0.1/' }, [`OUTCRY_EVENTS_URL: ${WORDS}`]],
    [
      { ...NEEDED, OUTCRY_EVENTS_URL: 'http://app.example.com/', OUTCRY_EVENTS_PLAIN_HTTP: 'true' },
      [`OUTCRY_EVENTS_URL: ${WORDS}`],
    ],
    [
      { ...NEEDED, OUTCRY_EVENTS_LEASE_MS: '600', OUTCRY_EVENTS_LEASE_RENEW_MS: '301' },
      ['OUTCRY_EVENTS_LEASE_MS: at least twice OUTCRY_EVENTS_LEASE_RENEW_MS'],
    ],
    [{ ...NEEDED, OUTCRY_ENV: 'production' }, ['OUTCRY_EVENTS_SECRET: reads like an example']],
  ])('refuses %j', (environment: Record<string, string>, problems) => {
    expect(problemsOf(environment)).toEqual(problems);
  });

  it('takes plain http of this host where that is set', () => {
    expect(
      problemsOf({ ...NEEDED, OUTCRY_EVENTS_URL: 'http://127.0.0.1:3000/', OUTCRY_EVENTS_PLAIN_HTTP: 'true' }),
    ).toEqual([]);
  });
});
