import { describe, expect, it } from 'vitest';

import { readSettings } from '@outcry/config';
import { COMMON_SETTINGS } from './common-settings.ts';
import { isPublicHost, productionProblems } from './production-problems.ts';

describe('isPublicHost', () => {
  it.each(['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', '::1', 'fd00::1', 'fe80::1'])(
    'of %s is false',
    (host) => {
      expect(isPublicHost(host)).toBe(false);
    },
  );
  it.each(['localhost', 'redis', 'redis.default.svc.cluster.local', 'cache.internal'])('of %s is false', (host) => {
    expect(isPublicHost(host)).toBe(false);
  });
  it.each(['0:0:0:0:0:0:0:1', 'FD00::1', '::ffff:10.0.0.1', '127.9.9.9'])('of %s is false', (host) => {
    expect(isPublicHost(host)).toBe(false);
  });
  it.each(['0.0.0.0', '::', '172.32.0.1', '203.0.113.7', '2001:db8::1', 'redis.example.com', '100.128.0.1'])(
    'of %s is true',
    (host) => {
      expect(isPublicHost(host)).toBe(true);
    },
  );
  // Issue 15: all of these listen at, or lead to, more than they say.
  it.each([
    '0',
    '00',
    '0x0',
    '0x',
    '0.0',
    '0x0.0',
    '3405803783',
    '127.1',
    '0000',
    '0:0::0',
    '::0',
    '::ffff:0:0',
    'fd::1',
  ])('of %s is true', (host) => {
    expect(isPublicHost(host)).toBe(true);
  });
});

describe('productionProblems', () => {
  it.each([
    ['redis://redis:6379', 0],
    ['redis://[::1]:6379', 0],
    ['redis://203.0.113.7:6379', 2],
    ['redis://:word@redis.example.com', 1],
    ['rediss://redis.example.com', 1],
    ['rediss://user:word@redis.example.com', 0],
    ['redis+unix:///run/redis.sock', 0],
    ['redis+sentinel://a,b,10.0.0.1/main', 0],
    ['redis+sentinel://a,203.0.113.7/main', 3],
    ['redis://10.0.0.1,redis://203.0.113.7', 2],
    ['redis://203.0.113.7,redis://203.0.113.8', 2],
    ['rediss://:word@b.example.com,rediss://:word@a.example.com', 0],
    ['rediss+sentinel://:word@a,b.example.com/main', 1],
    ['redis+sentinel://no-name', 0],
    ['redis+cluster://a,b,10.0.0.1', 0],
    ['redis+cluster://a,203.0.113.7', 2],
    ['rediss+cluster://:word@a,b.example.com', 0],
  ])('of %s are %i', (url, count) => {
    expect(productionProblems(settingsOf({ OUTCRY_REDIS_URL: url }))).toHaveLength(count);
  });
});

const settingsOf = (environment: Record<string, string>): ReturnType<typeof readSettings<typeof COMMON_SETTINGS>> =>
  readSettings(COMMON_SETTINGS, environment);
