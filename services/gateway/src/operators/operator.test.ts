import { afterAll, describe, expect, it, vi } from 'vitest';

import { findOperator, type FoundOperator, OperatorRefusal } from './operator.ts';

vi.useFakeTimers({ toFake: ['Date'] });
afterAll(() => {
  vi.useRealTimers();
});

const NOW = Math.floor(Date.now() / 1000);
const POLICY = {
  issuer: 'https://login.example',
  clientId: 'console',
  rolesClaim: 'realm_access.roles',
  actRoles: new Set(['desk']),
  readRoles: new Set(['on-call']),
  clockToleranceMs: 3000,
  maxLifetimeMs: 3_600_000,
};

const GOOD = { sub: '4711', iat: NOW, exp: NOW + 300, aud: 'console', realm_access: { roles: ['desk'] } };

function find(claims: Readonly<Record<string, unknown>>): FoundOperator {
  return findTyped('JWT', claims);
}

function findTyped(type: unknown, claims: Readonly<Record<string, unknown>> = {}): FoundOperator {
  return findOperator({ payload: { ...GOOD, ...claims }, type }, POLICY);
}

describe('whoever an ID token is of', () => {
  it('may act with a role of the one list, and look with one of the other', () => {
    const named = { preferred_username: 'ann' };
    expect(find(named).operator).toEqual({
      ...{ name: 'ann', subject: '4711', mayAct: true, expiresAt: (NOW + 300) * 1000 + 3000 },
    });
    expect(find({ realm_access: { roles: ['on-call', 'staff'] } }).operator).toMatchObject({ mayAct: false });
    expect(find({ realm_access: { roles: ['on-call', 'desk'] } }).operator).toMatchObject({ mayAct: true });
    expect(find({ realm_access: { roles: 'staff desk' } }).operator).toMatchObject({ mayAct: true });
  });

  it.each([{ realm_access: { roles: ['staff'] } }, { realm_access: {} }, { realm_access: { roles: [['desk']] } }])(
    'is nobody here without a role that is listed: %j',
    (claims) => {
      expect(find(claims).refusal).toBe(OperatorRefusal.NoRole);
    },
  );

  it.each([
    [{ preferred_username: 'ann', email: 'a@example.org' }, 'ann'],
    [{ email: 'a@example.org' }, 'a@example.org'],
    [{ email: 'a@example.org', email_verified: false }, '4711'],
    [{ preferred_username: ' ' }, '4711'],
    [{ preferred_username: { name: 'ann' } }, '4711'],
    [{ preferred_username: 'an\u202en\u0000\r\n  b' }, 'ann b'],
    [{ preferred_username: 'x'.repeat(100) }, 'x'.repeat(64)],
    [{ sub: '\u200b' }, '?'],
  ])('with %j is called %s in the log', (claims, name) => {
    expect(find(claims).operator?.name).toBe(name);
  });

  it.each([
    ['for several, and does not say who asked for it', { aud: ['console', 'other'] }],
    ['that another party asked for', { aud: ['console', 'other'], azp: 'other' }],
    ['that another party alone asked for', { azp: 'other' }],
    ['without a subject', { sub: '' }],
    ['whose subject is longer than any may be', { sub: 's'.repeat(256) }],
    ['without a time', { iat: undefined }],
    ['that is good for longer than any may be', { exp: NOW + 3601 }],
    ['that tells of a logout', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
  ])('is not let in by a token %s', (_, claims) => {
    expect(find(claims).refusal).toBe(OperatorRefusal.Claims);
  });

  it('is let in by a token for several that the console asked for', () => {
    expect(find({ aud: ['console', 'other'], azp: 'console' }).operator).toBeDefined();
  });

  it.each(['at+jwt', 'application/at+jwt', 'logout+jwt', 7, null])('is not let in by a token of type %j', (type) => {
    expect(findTyped(type).refusal).toBe(OperatorRefusal.Claims);
  });

  it.each([undefined, 'JWT', 'jwt', 'application/jwt'])('is let in by one of type %j', (type) => {
    expect(findTyped(type).operator).toBeDefined();
  });

  it('is not let in by a token of the future', () => {
    expect(find({ iat: NOW + 4 }).refusal).toBe(OperatorRefusal.NotYetValid);
  });
});
