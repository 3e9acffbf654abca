import { describe, expect, it } from 'vitest';

import { OriginPolicy } from './origin-policy.ts';

const policy = new OriginPolicy(['https://app.example.com', 'http://localhost:1337']);

describe('OriginPolicy', () => {
  it.each(['https://app.example.com', 'http://localhost:1337'])('admits %s', (origin) => {
    expect(policy.admits({ origins: [origin], hasCookies: true })).toBe(true);
  });

  it.each([
    'null',
    '',
    'https://evil.com',
    'https://app.example.com.evil.com',
    'https://evil.com/https://app.example.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com:443',
    'https://APP.example.com',
    'https://app.example.com.',
    'https://app.example.com/',
    'https://sub.app.example.com',
    '*',
  ])('does not admit "%s"', (origin) => {
    expect(policy.admits({ origins: [origin], hasCookies: false })).toBe(false);
  });

  it('does not admit two origins, even where both are allowed', () => {
    const origins = ['https://app.example.com', 'https://app.example.com'];
    expect(policy.admits({ origins, hasCookies: false })).toBe(false);
  });

  it('admits what has no origin, unless it has cookies', () => {
    expect(policy.admits({ origins: [], hasCookies: false })).toBe(true);
    expect(policy.admits({ origins: [], hasCookies: true })).toBe(false);
  });

  it('admits everybody where every origin is allowed', () => {
    const open = new OriginPolicy(['*']);
    expect(open.admits({ origins: ['https://evil.com'], hasCookies: true })).toBe(true);
    expect(open.admits({ origins: [], hasCookies: true })).toBe(true);
  });
});
