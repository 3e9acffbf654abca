import { describe, expect, it, vi } from 'vitest';
import type { TestCluster, TestNode } from '../../tests/contract/cluster.ts';
import { useTwoNodes } from '../../tests/contract/use-two-nodes.ts';
import { ODD_NAMES } from '../../tests/support/odd-names.ts';
import type { Revocation } from '../index.ts';

const LIFETIME_MS = 60_000;

/** What every `RevocationList` promises, seen from two nodes. */
export function describeRevocationList(name: string, createCluster: () => Promise<TestCluster>): void {
  describe(`RevocationList over ${name}`, () => {
    let nodes: readonly [TestNode, TestNode];

    useTwoNodes(createCluster, (started) => {
      nodes = started.nodes;
    });

    async function watch({ backplane }: TestNode): Promise<Revocation[]> {
      const told: Revocation[] = [];
      await backplane.revocations.watch((revocation) => told.push(revocation));
      return told;
    }

    function revocation(overrides: Partial<Revocation> = {}): Revocation {
      const now = Date.now();
      return { kind: 'token', id: 'id-1', issuedUntil: now, expiresAt: now + LIFETIME_MS, ...overrides };
    }

    it('tells every node, the one that revokes included, within two seconds', async () => {
      const [a, b] = nodes;
      const told = [await watch(a), await watch(b)];
      const token = revocation({ id: 'a/b:c"~' });
      const user = revocation({ kind: 'user', id: 'ann' });
      const startedAt = performance.now();
      await a.backplane.revocations.revoke(token);
      await b.backplane.revocations.revoke(user);
      await vi.waitUntil(() => told.every((list) => list.length === 2), { timeout: 2000, interval: 5 });
      expect(performance.now() - startedAt).toBeLessThan(2000);
      for (const list of told) expect(list).toEqual([token, user]);
    });

    it('tells of users of any name, those that come later too', async () => {
      const [a, b] = nodes;
      const told = await watch(a);
      const users = ODD_NAMES.map((id) => revocation({ kind: 'user', id }));
      for (const user of users) await a.backplane.revocations.revoke(user);
      await vi.waitUntil(() => told.length === users.length, { timeout: 2000, interval: 5 });
      expect(told).toEqual(users);
      const byId = (x: Revocation, y: Revocation): number => (x.id < y.id ? -1 : 1);
      expect([...(await watch(b))].sort(byId)).toEqual([...users].sort(byId));
    });

    it('tells those that come later what is in force, before their call resolves', async () => {
      const [a, b] = nodes;
      const first = revocation();
      await a.backplane.revocations.revoke(first);
      await a.backplane.revocations.revoke(revocation({ id: 'over', expiresAt: Date.now() - 1 }));
      expect(await watch(b)).toEqual([first]);
    });

    it('forgets a revocation when its time is over', async () => {
      const [a, b] = nodes;
      const soon = revocation({ expiresAt: Date.now() + 50 });
      await a.backplane.revocations.revoke(soon);
      const lasting = revocation({ id: 'lasting' });
      await a.backplane.revocations.revoke(lasting);
      await vi.waitUntil(() => Date.now() > soon.expiresAt);
      expect(await watch(b)).toEqual([lasting]);
    });

    it('lasts as long as the longest of those that were asked for', async () => {
      const [a, b] = nodes;
      const told = await watch(a);
      const long = revocation();
      const short = { ...long, expiresAt: Date.now() + 50 };
      const longer = { ...long, expiresAt: long.expiresAt + 1000 };
      await b.backplane.revocations.revoke(long);
      await b.backplane.revocations.revoke(short);
      await vi.waitUntil(() => Date.now() > short.expiresAt);
      expect(await watch(b)).toContainEqual(long);
      await b.backplane.revocations.revoke(longer);
      await b.backplane.revocations.revoke(long);
      // Who knows it already learns that it lasts longer.
      await vi.waitUntil(() => told.some(({ expiresAt }) => expiresAt === longer.expiresAt));
      expect(await watch(b)).toContainEqual(longer);
    });

    it('rejects calls with closed once closed, and tells no more', async () => {
      const [a, b] = nodes;
      const told = await watch(a);
      await a.backplane.close();
      await b.backplane.revocations.revoke(revocation());
      const calls = [a.backplane.revocations.revoke(revocation()), a.backplane.revocations.watch(() => undefined)];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'OutcryError', code: 'closed' } });
      }
      expect(told).toEqual([]);
    });
  });
}
