import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PresenceStore, RedisBackplaneOptions } from '../../src/index.ts';
import { PresenceRecorder, untilMembers } from '../support/presence-recorder.ts';
import { RedisCluster, type RedisNode } from '../support/redis-cluster.ts';
import { range } from '../support/requests.ts';

const LEASE = { leaseMs: 1500, renewMs: 300 };
const JUNK_BYTES = 10_000;

interface PresenceNode extends RedisNode {
  readonly presence: PresenceStore;
  readonly seen: PresenceRecorder;
}

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await RedisCluster.start();
  return () => cluster[Symbol.asyncDispose]();
});
afterEach(async () => {
  await cluster.admin.config('SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction');
  await cluster.reset();
});

async function startNode(options: Partial<RedisBackplaneOptions> = {}): Promise<PresenceNode> {
  const node = await cluster.startNode({ presenceLease: LEASE, ...options });
  const { presence, broker } = node.backplane;
  const seen = new PresenceRecorder();
  await presence.start(seen);
  await broker.join('pit');
  return { ...node, presence, seen };
}

/** Fills Redis until it forgets a key to make room: that with the shortest time to live, which only this one has. */
async function evict(key: string): Promise<void> {
  const used = Number(/^used_memory:(\d+)/m.exec(await cluster.admin.info('memory'))?.[1]);
  for (const other of await cluster.keys('')) await cluster.admin.persist(other);
  await cluster.admin.pexpire(key, 60_000);
  await cluster.admin.config('SET', 'maxmemory', String(used + 20 * JUNK_BYTES), 'maxmemory-policy', 'volatile-ttl');
  for (let i = 0; (await cluster.admin.exists(key)) === 1; i += 1) {
    await cluster.admin.set(`junk-${String(i)}`, 'x'.repeat(JUNK_BYTES)).catch(() => undefined);
  }
  await cluster.admin.config('SET', 'maxmemory', '0');
}

async function keyOf(text: string): Promise<string> {
  const [key, ...others] = await cluster.keys(text);
  if (key === undefined || others.length > 0) throw new Error(`${String(others.length + 1)} keys like ${text}`);
  return key;
}

describe('a Redis that forgets members to make room', () => {
  it('is told again who is there, by every node, and keeps no ghost', async () => {
    const [a, b] = [await startNode(), await startNode()];
    for (const user of ['ann', 'carl']) a.presence.add('pit', user);
    for (const user of ['bob', 'carl']) b.presence.add('pit', user);
    await untilMembers(a.presence, 'pit', ['ann×1', 'bob×1', 'carl×2']);
    await evict(await keyOf('users/pit'));
    // Both write it again, though nobody comes or goes.
    const stored = async (): Promise<readonly string[]> => (await cluster.admin.hkeys(await keyOf('users/pit'))).sort();
    await expect.poll(stored, { timeout: 10_000 }).toEqual(['\0', 'ann', 'bob', 'carl']);
    await untilMembers(b.presence, 'pit', ['ann×1', 'bob×1', 'carl×2']);
    a.presence.remove('pit', 'ann');
    b.presence.remove('pit', 'carl');
    await untilMembers(b.presence, 'pit', ['bob×1', 'carl×1']);
    await a.backplane.close();
    await untilMembers(b.presence, 'pit', ['bob×1']);
    b.presence.remove('pit', 'bob');
    await untilMembers(b.presence, 'pit', []);
    expect(await cluster.keys('users/')).toEqual([]);
  });
});

describe('a Redis that forgets revocations to make room', () => {
  it('is told them again by the nodes that know them', async () => {
    const node = await startNode();
    const revocation = { kind: 'token', id: 'id', issuedUntil: 1, expiresAt: Date.now() + 600_000 } as const;
    const told: string[] = [];
    await node.backplane.revocations.watch(({ id }) => told.push(id));
    await node.backplane.revocations.revoke(revocation);
    await node.recorder.until(() => told.length === 1);
    await evict(await keyOf('revocations/'));
    await expect.poll(() => cluster.keys('revocations/'), { timeout: 10_000 }).toHaveLength(1);
    const late: unknown[] = [];
    await (await startNode()).backplane.revocations.watch((known) => late.push(known));
    expect(late).toEqual([revocation]);
  });
});

describe('what Redis has lost of presence', () => {
  it.each(['users/', 'lease/', 'leases/'])('is right again for who asks, and leaves no ghost: %s', async (kind) => {
    const [a, b] = [await startNode(), await startNode()];
    for (const i of range(1, 150)) a.presence.add('pit', `user-${String(i)}`);
    for (const user of ['bob', 'user-1']) b.presence.add('pit', user);
    expect(await a.presence.count('pit')).toBeGreaterThanOrEqual(150);
    expect(await b.presence.count('pit')).toBe(151);
    await cluster.admin.del(await cluster.keys(kind));
    const everybody = [...range(2, 150).map((i) => `user-${String(i)}×1`), 'user-1×2', 'bob×1'];
    await Promise.allSettled([a.presence.count('pit'), b.presence.count('pit')]);
    await untilMembers(a.presence, 'pit', everybody);
    await a.backplane.close();
    await untilMembers(b.presence, 'pit', ['bob×1', 'user-1×1']);
    for (const user of ['bob', 'user-1']) b.presence.remove('pit', user);
    await untilMembers(b.presence, 'pit', []);
    expect(await cluster.keys('users/')).toEqual([]);
  });

  it('is cleared away by who comes to a room where a lost node is shown that is known of nowhere else', async () => {
    const [a, b] = [await startNode(), await startNode()];
    const ghosts = range(1, 1500).map((i) => `ghost-${String(i)}`);
    for (const user of [...ghosts, 'bob']) a.presence.add('pit', user);
    expect(await a.presence.count('pit')).toBe(1501);
    await a.backplane.close();
    await cluster.admin.del([...(await cluster.keys('lease/')), await keyOf('leases/')]);
    b.presence.add('pit', 'bob');
    await untilMembers(b.presence, 'pit', ['bob×1']);
    await b.seen.until(() => b.seen.events.filter(({ change }) => change === 'left').length === ghosts.length);
    b.presence.remove('pit', 'bob');
    await untilMembers(b.presence, 'pit', []);
    expect(await cluster.keys('users/')).toEqual([]);
  });
});
