import { describe, expect, it } from 'vitest';
import type { TestCluster, TestNode } from '../../tests/contract/cluster.ts';
import { useTwoNodes } from '../../tests/contract/use-two-nodes.ts';
import { range } from '../../tests/support/requests.ts';

/** What every `AccountStore` promises, seen from two nodes. */
export function describeAccountStore(name: string, createCluster: () => Promise<TestCluster>): void {
  describe(`AccountStore over ${name}`, () => {
    let nodes: readonly [TestNode, TestNode];

    useTwoNodes(createCluster, (started) => {
      nodes = started.nodes;
    });

    it('gives a name to one, however many ask for it on whichever node, and keeps what that one said', async () => {
      const given = await Promise.all(
        range(1, 50).map((i) => nodes[i % 2 === 0 ? 0 : 1].backplane.accounts.create('ann', `hash ${String(i)}`)),
      );
      expect(given.filter((isGiven) => isGiven)).toHaveLength(1);
      const winner = `hash ${String(given.indexOf(true) + 1)}`;
      for (const { backplane } of nodes) expect(await backplane.accounts.readPasswordHash('ann')).toBe(winner);
    });

    it('has nothing of names that nobody has, those of every object included', async () => {
      for (const user of ['bob', 'constructor', 'hasownproperty']) {
        expect(await nodes[0].backplane.accounts.readPasswordHash(user)).toBeUndefined();
      }
    });

    it('rejects calls with closed once closed', async () => {
      const { accounts } = nodes[0].backplane;
      await nodes[0].backplane.close();
      for (const result of await Promise.allSettled([accounts.create('ann', 'x'), accounts.readPasswordHash('ann')])) {
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'OutcryError', code: 'closed' } });
      }
    });
  });
}
