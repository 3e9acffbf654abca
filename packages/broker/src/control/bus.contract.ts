import { describe, expect, it, vi } from 'vitest';
import type { TestCluster, TestNode } from '../../tests/contract/cluster.ts';
import { useTwoNodes } from '../../tests/contract/use-two-nodes.ts';

/** What every `ControlBus` promises, seen from two nodes. */
export function describeControlBus(name: string, createCluster: () => Promise<TestCluster>): void {
  describe(`ControlBus over ${name}`, () => {
    let nodes: readonly [TestNode, TestNode];

    useTwoNodes(createCluster, (started) => {
      nodes = started.nodes;
    });

    async function watch({ backplane }: TestNode): Promise<string[]> {
      const heard: string[] = [];
      await backplane.control.watch((notice) => heard.push(notice));
      return heard;
    }

    it('tells every node that watches, the teller included, in order, and says how many there are', async () => {
      const [a, b] = nodes;
      expect(await a.backplane.control.tell('too early')).toBe(0);
      const heard = [await watch(a), await watch(b)];
      expect(await a.backplane.control.tell('first: ü')).toBe(2);
      expect(await a.backplane.control.tell('second')).toBe(2);
      await vi.waitFor(() => {
        for (const notices of heard) expect(notices).toEqual(['first: ü', 'second']);
      });
    });

    it('calls back whoever watched last', async () => {
      const [a] = nodes;
      const former = await watch(a);
      const latter = await watch(a);
      expect(await a.backplane.control.tell('once')).toBe(1);
      await vi.waitFor(() => {
        expect(latter).toEqual(['once']);
      });
      expect(former).toEqual([]);
    });

    it('does not count or tell nodes that have closed, and rejects their calls with closed', async () => {
      const [a, b] = nodes;
      const heard = await watch(a);
      await watch(b);
      await a.backplane.close();
      await vi.waitFor(async () => {
        expect(await b.backplane.control.tell('anybody?')).toBe(1);
      });
      expect(heard).toEqual([]);
      const calls = [a.backplane.control.tell('late'), a.backplane.control.watch(() => undefined)];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'OutcryError', code: 'closed' } });
      }
    });
  });
}
