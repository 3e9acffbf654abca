import type { Revocation } from '@outcry/broker';
import { describe, expect, it, vi } from 'vitest';

import { isRevoked, RevokedTokens } from './revoked-tokens.ts';

const NOW = Date.now();
const ANN = { user: 'ann', tokenId: 'id-1', issuedAt: NOW };

function revoked(revocation: Partial<Revocation>): RevokedTokens {
  const tokens = new RevokedTokens();
  tokens.add({ kind: 'user', id: 'ann', issuedUntil: NOW, expiresAt: NOW + 60_000, ...revocation });
  return tokens;
}

describe('RevokedTokens', () => {
  it('has a token by its id, whoever’s it is, and no other', () => {
    const tokens = revoked({ kind: 'token', id: 'id-1' });
    expect(tokens.has(ANN)).toBe(true);
    expect(tokens.has({ ...ANN, tokenId: 'id-2' })).toBe(false);
    expect(tokens.has({ ...ANN, tokenId: undefined })).toBe(false);
  });

  it('has what a user was issued until then, and nothing newer or of others', () => {
    const tokens = revoked({});
    expect(tokens.has(ANN)).toBe(true);
    expect(tokens.has({ ...ANN, issuedAt: undefined })).toBe(true);
    expect(tokens.has({ ...ANN, issuedAt: NOW + 1 })).toBe(false);
    expect(tokens.has({ ...ANN, user: 'bob' })).toBe(false);
  });

  it('keeps the later of two revocations of a user, in whatever order they come', () => {
    const tokens = revoked({ issuedUntil: NOW + 5000 });
    tokens.add({ kind: 'user', id: 'ann', issuedUntil: NOW, expiresAt: NOW + 60_000 });
    expect(tokens.has({ ...ANN, issuedAt: NOW + 5000 })).toBe(true);
  });

  it('keeps a revocation for as long as the longest of its repeats lasts', () => {
    vi.useFakeTimers({ now: NOW });
    const tokens = revoked({ kind: 'token', id: 'id-1', expiresAt: NOW + 1000 });
    tokens.add({ kind: 'token', id: 'id-1', issuedUntil: NOW, expiresAt: NOW + 60_000 });
    vi.advanceTimersByTime(30_000);
    // As many as it takes until it looks for what has expired.
    for (let i = 0; i < 1000; i++) {
      tokens.add({ kind: 'user', id: `other-${String(i)}`, issuedUntil: NOW, expiresAt: NOW + 60_000 });
    }
    vi.useRealTimers();
    expect(tokens.has(ANN)).toBe(true);
  });

  it('forgets what has expired, so that it does not grow for ever', () => {
    vi.useFakeTimers({ now: NOW });
    const tokens = new RevokedTokens();
    for (let i = 0; i < 10_000; i++) {
      tokens.add({ kind: 'token', id: `id-${String(i)}`, issuedUntil: NOW, expiresAt: Date.now() + 100 });
      vi.advanceTimersByTime(1);
    }
    vi.useRealTimers();
    expect(tokens.size).toBeLessThan(1200);
  });

  it('takes no longer for each the more it has', () => {
    const tokens = new RevokedTokens();
    const before = process.cpuUsage();
    for (let i = 0; i < 20_000; i++) {
      tokens.add({ kind: 'token', id: `id-${String(i)}`, issuedUntil: NOW, expiresAt: NOW + 3_600_000 });
    }
    // Of the processor's time: that which passes is also others'. To look at all of them for each takes seconds.
    expect(process.cpuUsage(before).user).toBeLessThan(500_000);
    expect(tokens.size).toBe(20_000);
  });

  it('forgets those of users, too, at the very moment at which they end, and keeps the others', () => {
    vi.useFakeTimers({ now: NOW });
    const tokens = revoked({ expiresAt: NOW + 10 });
    tokens.add({ kind: 'user', id: 'bob', issuedUntil: NOW, expiresAt: NOW + 11 });
    vi.advanceTimersByTime(10);
    for (let i = 0; i < 998; i++) tokens.add({ kind: 'token', id: 'id', issuedUntil: NOW, expiresAt: NOW + 60_000 });
    vi.useRealTimers();
    expect([tokens.has(ANN), tokens.has({ ...ANN, user: 'bob' })]).toEqual([false, true]);
    expect(tokens.size).toBe(2);
  });

  it('means by the revocation of a token no user of its name, nor the other way round', () => {
    const revocation = { id: 'ann', issuedUntil: NOW, expiresAt: NOW + 60_000 };
    expect(isRevoked({ ...ANN, tokenId: 'id-1' }, { ...revocation, kind: 'token' })).toBe(false);
    expect(isRevoked({ ...ANN, tokenId: 'ann', user: 'bob' }, { ...revocation, kind: 'token' })).toBe(true);
    expect(isRevoked({ ...ANN, tokenId: 'ann', user: 'bob' }, { ...revocation, kind: 'user' })).toBe(false);
  });
});
