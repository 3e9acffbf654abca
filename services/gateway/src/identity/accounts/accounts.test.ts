import { type Backplane, createMemoryBackplane } from '@outcry/broker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { TokenVerifier } from '../tokens/token-verifier.ts';
import { AccountError } from './account-error.ts';
import { Accounts, type AccountsParts } from './accounts.ts';
import { TokenIssuer } from './token-issuer.ts';

const SECRET = Buffer.from('a-secret-of-at-least-thirty-two-characters');
const POLICY = { issuer: 'outcry', audience: 'clients', clockToleranceMs: 0, maxLifetimeMs: 60_000 };
const ANN = { user: 'ann', password: 'correct horse' };

describe('Accounts', () => {
  let backplane: Backplane;
  let accounts: Accounts;
  beforeEach(async () => {
    backplane = createMemoryBackplane();
    await backplane.start({
      handleMessage: () => undefined,
      handleSignal: () => undefined,
      handleReset: () => undefined,
      handleStatus: () => undefined,
    });
    accounts = create();
  });
  afterEach(async () => {
    await backplane.close();
  });

  function create(parts: Partial<AccountsParts> = {}): Accounts {
    const { accounts: store, limits } = backplane;
    return new Accounts({
      store,
      limits,
      issuer: new TokenIssuer({ secret: SECRET, lifetimeMs: 60_000, policy: POLICY }),
      maxPerAddressPerMinute: 0,
      onRegistered: () => Promise.resolve(),
      ...parts,
    });
  }

  it('counts the tries of an address, and of its network, where that is limited', async () => {
    const pass = vi.spyOn(backplane.limits, 'pass').mockResolvedValueOnce(true).mockResolvedValueOnce(false);
    const limited = create({ maxPerAddressPerMinute: 7 });
    await limited.admit('2001:db8:0:1:0:0:0:1');
    expect(pass).toHaveBeenLastCalledWith('accounts:2001:db8:0:1::', 7);
    await expect(limited.admit('192.0.2.1')).rejects.toMatchObject({ code: 'rateLimited', retryAfterSeconds: 9 });
    pass.mockClear();
    await accounts.admit('192.0.2.1');
    expect(pass).not.toHaveBeenCalled();
  });

  it('counts registrations together, and the tries of each name, before it hashes anything', async () => {
    const pass = vi.spyOn(backplane.limits, 'pass').mockResolvedValue(false);
    await expect(accounts.register(ANN)).rejects.toMatchObject({ code: 'rateLimited', retryAfterSeconds: 1 });
    await expect(accounts.logIn(ANN)).rejects.toMatchObject({ code: 'rateLimited', retryAfterSeconds: 6 });
    expect(pass.mock.calls).toEqual([
      ['registrations', 60],
      ['login:ann', 10],
    ]);
  });

  it('gives nobody a token whose name is not kept from others yet', async () => {
    const registering = create({ onRegistered: () => Promise.reject(new AccountError('unavailable', 'no')) });
    await expect(registering.register({ ...ANN, user: 'cy' })).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 5,
    });
  });

  it('says when to come again only where that is of use', () => {
    expect(new AccountError('badCredentials', 'no').retryAfterSeconds).toBeUndefined();
    expect(new AccountError('rateLimited', 'no', 7).retryAfterSeconds).toBe(7);
  });

  it('gives tokens that the gateway takes, and takes as long for a name that nobody has', async () => {
    const { token } = await accounts.register(ANN);
    const verifier = new TokenVerifier([{ id: undefined, algorithm: 'HS256', material: SECRET }], POLICY);
    expect(verifier.verify(token).claims).toMatchObject({ sub: 'ann', jti: expect.any(String) as string });
    await expect(accounts.register(ANN)).rejects.toMatchObject({ code: 'nameTaken' });
    // What the processor spends on it: the time that passes is also others', on a machine that is busy.
    await expect(accounts.logIn(ANN)).resolves.toMatchObject({ user: 'ann' });
    const times: number[] = [];
    for (const user of ['ann', 'nobody', 'ann', 'nobody', 'ann', 'nobody']) {
      const before = process.cpuUsage();
      await expect(accounts.logIn({ user, password: 'wrong' })).rejects.toMatchObject({ code: 'badCredentials' });
      const { user: own, system } = process.cpuUsage(before);
      times.push(own + system);
    }
    const best = (parity: number): number => Math.min(...times.filter((_, i) => i % 2 === parity));
    expect(best(1) / best(0)).toBeGreaterThan(0.5);
    expect(best(1) / best(0)).toBeLessThan(2);
  }, 30_000);

  it('lets nobody in under a name that nobody has, not even without a password', async () => {
    await expect(accounts.logIn({ user: 'nobody', password: '' })).rejects.toMatchObject({ code: 'badCredentials' });
  }, 30_000);

  it('takes nothing of what all may register for a name that is taken', async () => {
    await accounts.register({ user: 'bob', password: 'correct horse' });
    for (let i = 0; i < 100; i++) {
      await expect(accounts.register({ user: 'bob', password: 'wrong' })).rejects.toMatchObject({ code: 'nameTaken' });
    }
    expect(await accounts.register({ user: 'carl', password: 'correct horse' })).toMatchObject({ user: 'carl' });
  }, 30_000);

  it('lets nobody in by a deleted account, and nobody have its name', async () => {
    await accounts.register(ANN);
    expect(await accounts.delete('ann')).toBe(true);
    await expect(accounts.logIn(ANN)).rejects.toMatchObject({ code: 'badCredentials' });
    const pass = vi.spyOn(backplane.limits, 'pass');
    await expect(accounts.register(ANN)).rejects.toMatchObject({ code: 'nameTaken' });
    expect(pass).not.toHaveBeenCalled();
    expect(await accounts.delete('bob')).toBe(false);
  }, 30_000);

  it('gives an account another password, and a deleted one back', async () => {
    await accounts.register(ANN);
    for (const [password, isDeleted] of [
      ['battery staple', false],
      ['another one', true],
    ] as const) {
      if (isDeleted) await accounts.delete('ann');
      expect(await accounts.resetPassword({ user: 'ann', password })).toBe(true);
      await expect(accounts.logIn({ user: 'ann', password })).resolves.toMatchObject({ user: 'ann' });
      await expect(accounts.logIn(ANN)).rejects.toMatchObject({ code: 'badCredentials' });
    }
    expect(await accounts.resetPassword({ user: 'bob', password: 'battery staple' })).toBe(false);
  }, 30_000);

  it('gives no token to whom it is taken from while the password is looked at', async () => {
    await accounts.register(ANN);
    const issuer = new TokenIssuer({ secret: SECRET, lifetimeMs: 60_000, policy: POLICY });
    const issued = vi.spyOn(issuer, 'issue');
    const { accounts: store } = backplane;
    const read = store.readPasswordHash.bind(store);
    // Right behind the look that the password is compared with.
    vi.spyOn(store, 'readPasswordHash').mockImplementationOnce(async (user) => {
      const hash = await read(user);
      await store.delete(user);
      return hash;
    });
    const racing = create({ issuer });
    await expect(racing.logIn(ANN)).rejects.toMatchObject({ code: 'badCredentials' });
    expect(issued).toHaveBeenCalledOnce();
  }, 30_000);
});
