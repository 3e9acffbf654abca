import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Lease } from '../../src/index.ts';
import { leaseNames } from '../../src/leases/keys.ts';
import { KeySpace } from '../../src/redis/keys.ts';
import { RedisCluster } from '../support/redis-cluster.ts';

const LEASE_MS = 60_000;

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await RedisCluster.start();
  return () => cluster[Symbol.asyncDispose]();
});
afterEach(() => cluster.reset());

/** What releases have to agree about, so that those of two of them can hold a lease by turns. */
describe('a fence', () => {
  const microseconds = async (): Promise<number> => {
    const [seconds, rest] = await cluster.admin.time();
    return Number(seconds) * 1_000_000 + Number(rest);
  };
  const openLease = async (): Promise<Lease> => (await cluster.startNode()).backplane.lease;

  it('is the time of Redis in microseconds where that is ahead of all that are known, and where none is', async () => {
    const lease = await openLease();
    for (const known of [undefined, 7]) {
      const { fence: highest } = leaseNames(new KeySpace(cluster.prefix), `known ${String(known)}`);
      if (known !== undefined) await cluster.admin.set(highest, known);
      const before = await microseconds();
      const grant = await lease.acquire(`known ${String(known)}`, LEASE_MS);
      const after = await microseconds();
      const { fence } = 'fence' in grant ? grant : { fence: 0 };
      expect(fence).toBeGreaterThanOrEqual(before);
      expect(fence).toBeLessThanOrEqual(after);
    }
  });

  it('is the next one where the clock of Redis was set back', async () => {
    const lease = await openLease();
    const known = (await microseconds()) + 3_600_000_000;
    await cluster.admin.set(leaseNames(new KeySpace(cluster.prefix), 'X').fence, known);
    expect(await lease.acquire('X', LEASE_MS)).toMatchObject({ fence: known + 1 });
  });
});
