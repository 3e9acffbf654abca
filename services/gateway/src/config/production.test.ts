import { ConfigError } from '@outcry/config';
import { describe, expect, it } from 'vitest';

import { loadGatewayConfig } from './config.ts';

const GOOD = {
  OUTCRY_ENV: 'production',
  OUTCRY_AUTH_SECRET: 'Zk3vQ8pLx2Wm7Tn4Rb9Yc6Hd1Fg5Js0A',
};

function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    loadGatewayConfig(environment);
  } catch (err) {
    if (err instanceof ConfigError) return err.problems;
    throw err;
  }
  return [];
}

it.each([{ OUTCRY_AUTH_AUDIENCE: 'us' }, { OUTCRY_AUTH_GUESTS: 'true' }])(
  'is refused what means something for tokens alone, where none is checked: %j',
  (given) => {
    const [name] = Object.keys(given);
    expect(problemsOf(given as Readonly<Record<string, string>>)).toEqual([
      `${String(name)}: no token is checked without OUTCRY_AUTH_SECRET, _KEYS_FILE, _JWKS_URL or _ISSUER`,
    ]);
    const keys = { OUTCRY_AUTH_SECRET: GOOD.OUTCRY_AUTH_SECRET };
    expect(problemsOf({ ...keys, ...given })).toEqual([]);
  },
);

describe('a gateway in production', () => {
  it('starts with a secret that is one, on a private network', () => {
    expect(problemsOf(GOOD)).toEqual([]);
    expect(problemsOf({ ...GOOD, OUTCRY_AUTH_COOKIE: 'token', OUTCRY_ORIGINS: 'https://a.example' })).toEqual([]);
  });

  it.each([
    ['OUTCRY_AUTH_SECRET', { OUTCRY_AUTH_SECRET: '' }],
    ['OUTCRY_AUTH_SECRET', { OUTCRY_AUTH_SECRET: 'change-me-change-me-change-me-now!' }],
    ['OUTCRY_ORIGINS', { OUTCRY_AUTH_COOKIE: 'token' }],
    ['OUTCRY_API_KEYS', { OUTCRY_API_KEYS: 'my-secret-server-key' }],
    ['OUTCRY_INTERNAL_HOST', { OUTCRY_INTERNAL_HOST: '0.0.0.0' }],
    ['OUTCRY_INTERNAL_HOST', { OUTCRY_INTERNAL_HOST: '0' }],
    ['OUTCRY_INTERNAL_HOST', { OUTCRY_INTERNAL_HOST: '::' }],
    ['OUTCRY_INTERNAL_HOST', { OUTCRY_INTERNAL_HOST: '0x0' }],
    ['OUTCRY_AUTH_SECRET', { OUTCRY_AUTH_SECRET: 'abcdefghijklmnopqrstuvwxyz0123456789' }],
    ['OUTCRY_API_KEYS', { OUTCRY_API_KEYS: 'Zk3vQ8pLx2Wm7Zk3vQ8pLx2Wm7Zk3vQ8pLx2Wm7' }],
    ['OUTCRY_TRUSTED_PROXIES', { OUTCRY_TRUSTED_PROXIES: '0.0.0.0/0' }],
    ['OUTCRY_TRUSTED_PROXIES', { OUTCRY_TRUSTED_PROXIES: '10.0.0.0/8,128.0.0.0/1' }],
    ['OUTCRY_TRUSTED_PROXIES', { OUTCRY_TRUSTED_PROXIES: '::/0' }],
    ['OUTCRY_TRUSTED_PROXIES', { OUTCRY_TRUSTED_PROXIES: '2000::/3' }],
    ['OUTCRY_TRUSTED_PROXIES', { OUTCRY_TRUSTED_PROXIES: '::ffff:0:0/96' }],
    ['OUTCRY_TRUSTED_PROXIES', { OUTCRY_TRUSTED_PROXIES: '0:0:0:0:0:ffff:0.0.0.0/97' }],
    ['OUTCRY_TRUSTED_PROXIES', { OUTCRY_TRUSTED_PROXIES: '::/80' }],
    ['OUTCRY_TRUSTED_PROXIES', { OUTCRY_TRUSTED_PROXIES: 'fc00::/6' }],
    ['OUTCRY_REDIS_URL', { OUTCRY_REDIS_URL: 'rediss://0' }],
    ['OUTCRY_REDIS_URL', { OUTCRY_REDIS_URL: 'rediss://redis.example.com' }],
  ])('refuses %s of %j', (name, settings) => {
    const problems = problemsOf({ ...GOOD, ...settings });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name}: `));
  });

  it.each([
    '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16',
    '203.0.113.7',
    '2400:cb00::/32',
    'fc00::/7',
    '::1',
    '::ffff:10.0.0.0/104',
  ])('believes proxies of %s', (networks) => {
    expect(problemsOf({ ...GOOD, OUTCRY_TRUSTED_PROXIES: networks })).toEqual([]);
  });

  it('tells all problems at once, and no secret with them', () => {
    const problems = problemsOf({
      OUTCRY_ENV: 'production',
      OUTCRY_AUTH_SECRET: 'change-me-change-me-change-me-now!',
      OUTCRY_API_KEYS: 'my-secret-server-key',
      OUTCRY_AUTH_COOKIE: 'token',
      OUTCRY_REDIS_URL: 'redis://203.0.113.7',
      OUTCRY_HEARTBEAT_MS: '45000',
    });
    expect(problems.length).toBeGreaterThanOrEqual(6);
    expect(problems.join()).not.toMatch(/change-me|my-secret/);
  });

  it('is not what runs unless it is asked for', () => {
    expect(problemsOf({ OUTCRY_INTERNAL_HOST: '0.0.0.0', OUTCRY_AUTH_COOKIE: 'token' })).toEqual([]);
  });
});
