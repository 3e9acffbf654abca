import { ConfigError } from '@outcry/config';
import { describe, expect, it } from 'vitest';

import { loadInboundConfig } from './config.ts';

const URL = 'postgres://outcry@db:5432/shop';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadInboundConfig(environment);
  } catch (err) {
    if (err instanceof ConfigError) return err.problems;
    throw err;
  }
  return [];
}

describe('loadInboundConfig', () => {
  it('needs something to read, and nothing else', () => {
    const { retention, ...config } = loadInboundConfig({ OUTCRY_POSTGRES_URL: URL }).config;
    expect(config).toEqual({
      logLevel: 'info',
      internal: { host: '127.0.0.1', port: 8081 },
      redis: {
        url: 'redis://127.0.0.1:6379',
        prefix: 'outcry',
        startTimeoutMs: 300_000,
        requiresReplicas: false,
        idempotencyWindowMs: 3_600_000,
      },
      outbox: { postgres: { url: URL, maxConnections: 4, mustMigrate: true }, pollMs: 1000 },
      streams: undefined,
      topics: undefined,
      leases: { leaseMs: 3000, renewMs: 1000 },
      maxDataBytes: 16_384,
      traces: undefined,
    });
    expect(retention.of('lobby').count).toBe(1000);
    expect(loadInboundConfig({ OUTCRY_STREAM_URL: 'redis://db' }).config).toMatchObject({
      outbox: undefined,
      streams: { url: 'redis://db', keys: ['outcry:inbound'], mustTrim: true, pollMs: 1000 },
    });
    expect(loadInboundConfig({ OUTCRY_KAFKA_URL: 'kafka://a,b:1' }).config).toMatchObject({
      outbox: undefined,
      topics: {
        address: { brokers: ['a:9092', 'b:1'], isTls: false },
        mechanism: 'scram-sha-512',
        topics: ['outcry.inbound'],
        group: 'outcry-inbound',
        refusedTopic: 'outcry.refused',
        sessionMs: 10_000,
      },
    });
  });

  it.each([
    [
      {},
      [
        'OUTCRY_POSTGRES_URL: required where neither OUTCRY_STREAM_URL nor OUTCRY_KAFKA_URL is set: there is nothing to read',
      ],
    ],
    [
      { OUTCRY_KAFKA_URL: 'kafka://a:x' },
      ['OUTCRY_KAFKA_URL: expected `kafka://user:password@host:port,host:port`, or `kafkas://` for TLS'],
    ],
    [{ OUTCRY_KAFKA_URL: 'kafka://a', OUTCRY_KAFKA_TOPICS: 'a,b,a' }, ['OUTCRY_KAFKA_TOPICS: names a topic twice']],
    [
      { OUTCRY_KAFKA_URL: 'kafka://a', OUTCRY_KAFKA_TOPICS: 'a,b', OUTCRY_KAFKA_REFUSED_TOPIC: 'b' },
      ['OUTCRY_KAFKA_REFUSED_TOPIC: is read itself: what is put aside would come back'],
    ],
    [{ OUTCRY_STREAM_URL: 'redis://[::x' }, ['OUTCRY_STREAM_URL: is no URL']],
    [{ OUTCRY_STREAM_URL: 'redis://db', OUTCRY_STREAM_KEYS: 'a,b,a' }, ['OUTCRY_STREAM_KEYS: names a stream twice']],
    [
      { OUTCRY_POSTGRES_URL: 'mysql://x' },
      ['OUTCRY_POSTGRES_URL: expected `postgres://user:password@host:port/database`'],
    ],
    [{ OUTCRY_POSTGRES_URL: 'postgres://[::x/y' }, ['OUTCRY_POSTGRES_URL: is no URL']],
    [
      { OUTCRY_POSTGRES_URL: URL, OUTCRY_INBOUND_LEASE_MS: '1500' },
      ['OUTCRY_INBOUND_LEASE_MS: at least twice OUTCRY_INBOUND_LEASE_RENEW_MS'],
    ],
    [
      { OUTCRY_POSTGRES_URL: URL, OUTCRY_ROOM_RULES: '[]', OUTCRY_ROOM_RULES_FILE: '/nowhere.json' },
      ['OUTCRY_ROOM_RULES: is not set where OUTCRY_ROOM_RULES_FILE is: there is one list of rules'],
    ],
  ] as const)('refuses %j', (environment, problems) => {
    expect(problemsOf(environment)).toEqual(problems);
  });

  it.each([
    ['postgres://u@203.0.113.7/shop', ['needs a password', 'needs TLS (?sslmode=verify-full)']],
    ['postgres://u:p@203.0.113.7/shop?sslmode=require', ['needs TLS (?sslmode=verify-full)']],
    ['postgres://u:p@203.0.113.7/shop?sslmode=verify-full', []],
    ['postgres://u@db/shop', []],
  ])('in production of %s: %j', (url, problems) => {
    expect(problemsOf({ OUTCRY_ENV: 'production', OUTCRY_POSTGRES_URL: url })).toEqual(
      problems.map((problem) => `OUTCRY_POSTGRES_URL: a database at a public address ${problem}`),
    );
  });

  it.each([
    ['kafka://b,203.0.113.7', ['needs a user and a password', 'needs TLS (kafkas://)']],
    ['kafkas://u:p@203.0.113.7', []],
    ['kafka://b,10.0.0.1:9093', []],
  ])('in production of topics at %s: %j', (url, problems) => {
    expect(problemsOf({ OUTCRY_ENV: 'production', OUTCRY_KAFKA_URL: url })).toEqual(
      problems.map((problem) => `OUTCRY_KAFKA_URL: a Kafka at a public address ${problem}`),
    );
  });

  it.each([
    ['redis://203.0.113.7', ['needs a password', 'needs TLS (rediss://)']],
    ['rediss://:p@203.0.113.7', []],
    ['redis://db', []],
  ])('in production of streams at %s: %j', (url, problems) => {
    expect(problemsOf({ OUTCRY_ENV: 'production', OUTCRY_STREAM_URL: url })).toEqual(
      problems.map((problem) => `OUTCRY_STREAM_URL: a Redis at a public address ${problem}`),
    );
  });
});
