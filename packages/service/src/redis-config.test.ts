import { formatEffective, readSettings } from '@outcry/config';
import { describe, expect, it } from 'vitest';
import { COMMON_SETTINGS } from './common-settings.ts';
import { problemsOfRedis, redisConfigOf } from './redis-config.ts';

const OF_SENTINELS = { OUTCRY_REDIS_SENTINEL_USER: 'watcher', OUTCRY_REDIS_SENTINEL_PASSWORD: 'sword-fish' };
const settingsOf = (environment: Record<string, string>): ReturnType<typeof readSettings<typeof COMMON_SETTINGS>> =>
  readSettings(COMMON_SETTINGS, environment);

describe('the settings of Redis', () => {
  it('are one Redis without anything else where nothing is said', () => {
    expect(redisConfigOf(settingsOf({}))).toEqual({
      url: 'redis://127.0.0.1:6379',
      prefix: 'outcry',
      requiresReplicas: false,
      startTimeoutMs: 300_000,
    });
  });

  it('keep the user of the sentinels apart from that of the servers', () => {
    const url = 'redis+sentinel://ann:hunter2@a,b/main';
    const settings = settingsOf({ OUTCRY_REDIS_URL: url, ...OF_SENTINELS, OUTCRY_REDIS_REQUIRE_REPLICAS: 'true' });
    expect(problemsOfRedis(settings)).toEqual([]);
    expect(redisConfigOf(settings)).toEqual({
      url,
      prefix: 'outcry',
      startTimeoutMs: 300_000,
      requiresReplicas: true,
      sentinel: { username: 'watcher', password: 'sword-fish' },
    });
  });

  it.each([
    ['redis+sentinel://hunter2@a', 'OUTCRY_REDIS_URL: a URL of sentinels ends with what they call the primary'],
    ['redis+cluster://a,redis://hunter2', 'OUTCRY_REDIS_URL: a Redis Cluster shares its rooms with no other Redis'],
    ['redis://a,hunter2', 'OUTCRY_REDIS_URL: each of several Redis servers has a URL of its own'],
    ['redis://hunter2,redis://hunter2', 'OUTCRY_REDIS_URL: each of several Redis servers is named once'],
    ['http://hunter2', 'OUTCRY_REDIS_URL: not a Redis URL'],
  ])('of %s are refused in words that do not repeat it', (url, begins) => {
    const problems = problemsOfRedis(settingsOf({ OUTCRY_REDIS_URL: url }));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.startsWith(begins), problems[0]).toBe(true);
    expect(problems[0]).not.toContain('hunter2');
  });

  it('name no user of sentinels where there are none', () => {
    expect(problemsOfRedis(settingsOf(OF_SENTINELS))).toEqual([
      'OUTCRY_REDIS_URL: a user or a password of sentinels needs a URL that names sentinels: redis+sentinel://host:port/name',
    ]);
  });

  it.each([
    'redis://user:hunter2@redis',
    'rediss+sentinel://user:hunter2@a,b/main',
    'rediss+cluster://user:hunter2@a,b:7000',
    'redis+unix://:hunter2@/run/redis.sock',
    'redis://:hun@hunter2@redis',
    'redis://a:6379,redis://:hunter2@b',
    'redis://ann:hunter2@a,redis://ben:hunter2@b,redis://c',
    'redis://:hun/hunter2@redis',
  ])('are printed without a password: %s', (url) => {
    const environment = { OUTCRY_REDIS_URL: url, ...OF_SENTINELS };
    const printed = formatEffective(COMMON_SETTINGS, { environment, originOf: () => 'environment' });
    expect(printed).toMatch(/^OUTCRY_REDIS_URL +\S+\[redacted\]@/m);
    expect(printed).not.toMatch(/hunter2|sword-fish/);
  });
});
