import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MAX_ACCOUNTS } from '../../src/accounts/defaults.ts';
import { accountsKey } from '../../src/accounts/keys.ts';
import type { Revocation } from '../../src/index.ts';
import { KeySpace } from '../../src/redis/keys.ts';
import { MAX_REVOCATIONS } from '../../src/revocations/defaults.ts';
import { revocationNames } from '../../src/revocations/keys.ts';
import { RedisCluster } from '../support/redis-cluster.ts';

const MINUTE_MS = 60_000;

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start();
  return () => cluster[Symbol.asyncDispose]();
});
afterEach(() => cluster.reset());

/** Carries a command out so many times, within Redis: `line` is Lua with `i` in it. It serves nobody else meanwhile, whom it would lose. */
async function repeat(line: string, key: string, { times, value }: { times: number; value: number }): Promise<void> {
  const lua = `for i = 1, ARGV[1] do ${line} end`;
  await cluster.admin.eval(lua, 1, key, String(times), String(value));
}

describe('accounts', () => {
  it('are made until there are as many as may be, and those that there are stay taken', async () => {
    const key = accountsKey(new KeySpace(cluster.prefix));
    await repeat("redis.call('HSET', KEYS[1], 'user-' .. i, ARGV[2])", key, { times: MAX_ACCOUNTS - 1, value: 0 });
    const { accounts } = (await cluster.startNode()).backplane;
    expect(await accounts.create('last', 'hash')).toBe(true);
    await expect(accounts.create('more', 'hash')).rejects.toMatchObject({ name: 'OutcryError', code: 'unavailable' });
    expect(await accounts.readPasswordHash('more')).toBeUndefined();
    expect(await accounts.create('last', 'another')).toBe(false);
  });
});

describe('revocations', () => {
  const revocation = (id: string): Revocation => ({
    kind: 'token',
    id,
    issuedUntil: 1,
    expiresAt: Date.now() + MINUTE_MS,
  });
  const store = (times: number, expiresAt: number): Promise<void> => {
    const { set } = revocationNames(new KeySpace(cluster.prefix));
    return repeat("redis.call('ZADD', KEYS[1], ARGV[2], 'token 1 id-' .. i)", set, { times, value: expiresAt });
  };

  it('are stored until there are as many in force as may be', async () => {
    await store(MAX_REVOCATIONS - 1, Date.now() + MINUTE_MS);
    const { revocations } = (await cluster.startNode()).backplane;
    await revocations.revoke(revocation('last'));
    await expect(revocations.revoke(revocation('more'))).rejects.toMatchObject({
      name: 'OutcryError',
      code: 'unavailable',
    });
    expect(await cluster.admin.zcard((await cluster.keys('revocations/'))[0] ?? '')).toBe(MAX_REVOCATIONS);
  });

  it('make room when their time is over', async () => {
    await store(MAX_REVOCATIONS, Date.now() - MINUTE_MS);
    const { revocations } = (await cluster.startNode()).backplane;
    await revocations.revoke(revocation('new'));
    expect(await cluster.admin.zcard((await cluster.keys('revocations/'))[0] ?? '')).toBe(1);
  });
});
