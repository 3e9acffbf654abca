import { describe, expect, it, vi } from 'vitest';
import type { TestCluster, TestNode } from '../../tests/contract/cluster.ts';
import { useTwoNodes } from '../../tests/contract/use-two-nodes.ts';
import type { NodeRoster } from '../index.ts';

const LONG_MS = 30_000;
const SHORT_MS = 200;

/** What every `NodeRoster` promises, seen from two nodes. */
export function describeNodeRoster(name: string, createCluster: () => Promise<TestCluster>): void {
  describe(`NodeRoster over ${name}`, () => {
    let nodes: readonly [TestNode, TestNode];
    let a: NodeRoster;
    let b: NodeRoster;

    useTwoNodes(createCluster, (started) => {
      nodes = started.nodes;
      const [first, second] = nodes;
      [a, b] = [first.backplane.nodes, second.backplane.nodes];
    });

    it('shows each node with what it reported last, and says whether it was there before', async () => {
      const first = { id: 'n1', report: '{"rooms":1}' };
      expect(await a.attend(first, LONG_MS)).toBe(false);
      const second = { id: 'n2', report: '' };
      expect(await b.attend(second, LONG_MS)).toBe(false);
      expect([...(await a.list())].sort(byId)).toEqual([first, second]);
      const again = { id: 'n1', report: 'ü' };
      expect(await a.attend(again, LONG_MS)).toBe(true);
      expect([...(await b.list())].sort(byId)).toEqual([again, second]);
    });

    it('forgets those that do not say so again in time', async () => {
      const lasting = { id: 'n2', report: 'y' };
      await b.attend(lasting, LONG_MS);
      await a.attend({ id: 'n1', report: 'x' }, SHORT_MS);
      await vi.waitFor(async () => {
        expect(await b.list()).toEqual([lasting]);
      });
      expect(await a.attend({ id: 'n1', report: 'x' }, LONG_MS)).toBe(false);
    });

    it('tells which of some are missing, those that are late and those that never were', async () => {
      await a.attend({ id: 'n1', report: 'x' }, LONG_MS);
      await a.attend({ id: 'n2', report: 'x' }, SHORT_MS);
      await vi.waitFor(async () => {
        expect(await b.missing(['n3', 'n1', 'n2'])).toEqual(['n3', 'n2']);
      });
      expect(await b.missing([])).toEqual([]);
    });

    it('forgets those that leave', async () => {
      await a.attend({ id: 'n1', report: 'x' }, LONG_MS);
      await a.leave('n1');
      expect(await b.list()).toEqual([]);
    });

    it('rejects calls with closed once closed', async () => {
      await nodes[0].backplane.close();
      const calls = [a.attend({ id: 'n1', report: '' }, LONG_MS), a.leave('n1'), a.list(), a.missing(['n1'])];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'OutcryError', code: 'closed' } });
      }
    });
  });
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id.localeCompare(b.id);
}
