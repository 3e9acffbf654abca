import { scryptSync } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { hashPassword, verifyPassword } from './password-hash.ts';

describe('password hashes', () => {
  it('know their password, in either form of Unicode, and no other', async () => {
    const stored = await hashPassword('p\u00e4ssword');
    expect(stored).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[\w-]{22}\$[\w-]{43}$/);
    expect(await verifyPassword('p\u00e4ssword', stored)).toBe(true);
    expect(await verifyPassword('pa\u0308ssword', stored)).toBe(true);
    expect(await verifyPassword('password', stored)).toBe(false);
  });

  it('differ for the same password', async () => {
    expect(await hashPassword('password')).not.toBe(await hashPassword('password'));
  });

  it('are known where they were made at another cost, and only as a whole', async () => {
    const salt = Buffer.from('a salt of another day');
    const hash = scryptSync('password', salt, 32, { N: 2 ** 4, r: 12, p: 10 }).toString('base64url');
    const stored = `$scrypt$ln=4,r=12,p=10$${salt.toString('base64url')}$${hash}`;
    expect(await verifyPassword('password', stored)).toBe(true);
    expect(await verifyPassword('passwort', stored)).toBe(false);
    for (const more of [`x${stored}`, `${stored}x`]) expect(await verifyPassword('password', more)).toBe(false);
  });

  it.each(['', 'plain', '$scrypt$ln=15,r=8,p=3$c2FsdA$short', '$argon2id$v=19$x$y'])(
    'do not come as %j',
    async (stored) => {
      expect(await verifyPassword('password', stored)).toBe(false);
    },
  );

  it('leave the event loop free', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await hashPassword('password');
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });
});
