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

    it('takes another password for the old one, on every node', async () => {
      const [a, b] = nodes;
      await a.backplane.accounts.create('ann', 'old');
      expect(await b.backplane.accounts.replacePasswordHash('ann', 'new')).toBe(true);
      for (const { backplane } of nodes) expect(await backplane.accounts.readPasswordHash('ann')).toBe('new');
    });

    it('has no password of a deleted account, gives its name to nobody, and takes it back with another password', async () => {
      const [a, b] = nodes;
      await a.backplane.accounts.create('ann', 'old');
      expect(await b.backplane.accounts.delete('ann')).toBe(true);
      for (const { backplane } of nodes) {
        expect(await backplane.accounts.readPasswordHash('ann')).toBeUndefined();
        expect(await backplane.accounts.isTaken('ann')).toBe(true);
        expect(await backplane.accounts.create('ann', 'of another')).toBe(false);
        expect(await backplane.accounts.readPasswordHash('ann')).toBeUndefined();
      }
      // Asked for again, as where the first answer was lost.
      expect(await a.backplane.accounts.delete('ann')).toBe(true);
      expect(await a.backplane.accounts.replacePasswordHash('ann', 'new')).toBe(true);
      expect(await b.backplane.accounts.readPasswordHash('ann')).toBe('new');
    });

    it('makes no account of a name that was never one', async () => {
      const { accounts } = nodes[0].backplane;
      for (const user of ['bob', 'constructor']) {
        expect(await accounts.isTaken(user)).toBe(false);
        expect(await accounts.delete(user)).toBe(false);
        expect(await accounts.replacePasswordHash(user, 'hash')).toBe(false);
        expect(await accounts.isTaken(user)).toBe(false);
      }
    });

    it('rejects calls with closed once closed', async () => {
      const { accounts } = nodes[0].backplane;
      await nodes[0].backplane.close();
      const calls = [
        accounts.create('ann', 'x'),
        accounts.readPasswordHash('ann'),
        accounts.isTaken('ann'),
        accounts.replacePasswordHash('ann', 'x'),
        accounts.delete('ann'),
      ];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'OutcryError', code: 'closed' } });
      }
    });
  });
}
