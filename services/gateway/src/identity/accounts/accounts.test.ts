import { createMemoryBackplane } from '@outcry/broker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { TokenVerifier } from '../tokens/token-verifier.ts';
import { Accounts } from './accounts.ts';
import { TokenIssuer } from './token-issuer.ts';

const SECRET = Buffer.from('a-secret-of-at-least-thirty-two-characters');
const POLICY = { issuer: 'outcry', audience: 'clients', clockToleranceMs: 0, maxLifetimeMs: 60_000 };
const ANN = { user: 'ann', password: 'correct horse' };

describe('Accounts', () => {
  const backplane = createMemoryBackplane();
  let accounts: Accounts;
  beforeEach(async () => {
    await backplane.start({
      handleMessage: () => undefined,
      handleSignal: () => undefined,
      handleReset: () => undefined,
      handleStatus: () => undefined,
    });
    const { accounts: store, limits } = backplane;
    accounts = new Accounts({
      store,
      limits,
      issuer: new TokenIssuer({ secret: SECRET, lifetimeMs: 60_000, policy: POLICY }),
      maxPerAddressPerMinute: 0,
      onRegistered: () => Promise.resolve(),
    });
  });
  afterEach(async () => {
    await backplane.close();
  });

  it('gives tokens that the gateway takes, and takes as long for a name that nobody has', async () => {
    const { token } = await accounts.register(ANN);
    const verifier = new TokenVerifier([{ id: undefined, algorithm: 'HS256', material: SECRET }], POLICY);
    expect(verifier.verify(token).claims).toMatchObject({ sub: 'ann', jti: expect.any(String) as string });
    await expect(accounts.register(ANN)).rejects.toMatchObject({ code: 'nameTaken' });
    // What the processor spends on it: the time that passes is also others', on a machine that is busy.
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
});
