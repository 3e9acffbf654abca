import { describe, expect, it } from 'vitest';

import { isPublicHost, productionProblems, weaknessOf } from './production-problems.ts';

describe('weaknessOf', () => {
  it.each([
    ['Zk3vQ8pLx2Wm7Tn4Rb9Yc6Hd1Fg5Js0', 'has less than 32 characters'],
    ['change-me-change-me-change-me-now!', 'reads like an example'],
    ['a-secret-of-at-least-thirty-two-characters', 'reads like an example'],
    ['abababababababababababababababababab', 'has too few different characters'],
    ['Zk3vQ8pLx2Wm7Tn4Rb9Yc6Hd1Fg5Js0A', undefined],
    ['6f1d2c0b9a8e7d4c3b5a69788796a5b4c3d2e1f0', undefined],
  ])('of %s: %s', (secret, weakness) => {
    expect(weaknessOf(secret)).toBe(weakness);
  });
});

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
  it.each(['0.0.0.0', '::', '172.32.0.1', '203.0.113.7', '2001:db8::1', 'redis.example.com', '100.128.0.1'])(
    'of %s is true',
    (host) => {
      expect(isPublicHost(host)).toBe(true);
    },
  );
});

describe('productionProblems', () => {
  it.each([
    ['redis://redis:6379', 0],
    ['redis://[::1]:6379', 0],
    ['redis://203.0.113.7:6379', 2],
    ['redis://:word@redis.example.com', 1],
    ['rediss://redis.example.com', 1],
    ['rediss://user:word@redis.example.com', 0],
  ])('of %s are %i', (url, count) => {
    expect(productionProblems({ OUTCRY_REDIS_URL: url })).toHaveLength(count);
  });
});
