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
