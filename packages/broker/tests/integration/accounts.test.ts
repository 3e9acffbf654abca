import { beforeAll, expect, it } from 'vitest';

import { accountsKey } from '../../src/accounts/keys.ts';
import { KeySpace } from '../../src/redis/keys.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { range } from '../support/requests.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start();
  return () => cluster[Symbol.asyncDispose]();
});

it('makes 100,000 accounts and no more, and goes on to know those that there are', async () => {
  const { backplane } = await cluster.startNode();
  await backplane.accounts.create('ann', 'hash of ann');
  const key = accountsKey(new KeySpace(cluster.prefix));
  await cluster.admin.hset(key, new Map(range(1, 99_998).map((i) => [`user-${String(i)}`, 'hash'])));
  expect(await backplane.accounts.create('bob', 'hash of bob')).toBe(true);
  expect(await cluster.admin.hlen(key)).toBe(100_000);

  await expect(backplane.accounts.create('cid', 'hash of cid')).rejects.toMatchObject({ code: 'unavailable' });
  expect(await cluster.admin.hlen(key)).toBe(100_000);
  expect(await backplane.accounts.create('ann', 'another')).toBe(false);
  expect(await backplane.accounts.readPasswordHash('bob')).toBe('hash of bob');
});
