import { describe, expect, it, vi } from 'vitest';
import type { TestCluster, TestNode } from '../../tests/contract/cluster.ts';
import { useTwoNodes } from '../../tests/contract/use-two-nodes.ts';
import type { PublisherRoster } from '../index.ts';

const LONG_MS = 30_000;
/** Long enough to be seen by a machine that is busy. */
const SHORT_MS = 2000;

/** What every `PublisherRoster` promises, seen from two nodes. */
export function describePublisherRoster(name: string, createCluster: () => Promise<TestCluster>): void {
  describe(`PublisherRoster over ${name}`, () => {
    let nodes: readonly [TestNode, TestNode];
    let a: PublisherRoster;
    let b: PublisherRoster;

    useTwoNodes(createCluster, (started) => {
      nodes = started.nodes;
      const [first, second] = nodes;
      [a, b] = [first.backplane.roster, second.backplane.roster];
    });

    /** Who is present, as in `p1 BTC/USDT,ETH`, as a publisher sees it that offers nothing. */
    async function present(roster: PublisherRoster): Promise<string[]> {
      const entries = await roster.attend({ publisher: 'witness', offers: [] }, LONG_MS);
      return entries.map(({ publisher, offers }) => `${publisher} ${offers.join()}`).sort();
    }

    it('shows each publisher with what it said last', async () => {
      await a.attend({ publisher: 'p1', offers: ['BTC/USDT', 'ETH'] }, LONG_MS);
      await b.attend({ publisher: 'p2', offers: ['ETH'] }, LONG_MS);
      for (const roster of [a, b]) expect(await present(roster)).toEqual(['p1 BTC/USDT,ETH', 'p2 ETH', 'witness ']);
      await a.attend({ publisher: 'p1', offers: [] }, LONG_MS);
      expect(await present(b)).toEqual(['p1 ', 'p2 ETH', 'witness ']);
    });

    it('says how long each is present, and shows it no longer', async () => {
      await a.attend({ publisher: 'p1', offers: ['ETH'] }, SHORT_MS);
      const entries = await b.attend({ publisher: 'p2', offers: [] }, LONG_MS);
      const { remainingMs = 0 } = entries.find(({ publisher }) => publisher === 'p1') ?? {};
      expect(remainingMs).toBeGreaterThan(0);
      expect(remainingMs).toBeLessThanOrEqual(SHORT_MS);
      await vi.waitFor(async () => {
        expect(await present(b)).toEqual(['p2 ', 'witness ']);
      });
    });

    it('does not show a publisher that has left, until it comes again', async () => {
      await a.attend({ publisher: 'p1', offers: ['ETH'] }, LONG_MS);
      await a.leave('p1');
      await a.leave('p1');
      expect(await present(b)).toEqual(['witness ']);
      await a.attend({ publisher: 'p1', offers: ['BTC'] }, LONG_MS);
      expect(await present(b)).toEqual(['p1 BTC', 'witness ']);
    });

    it('rejects calls with closed once closed', async () => {
      await nodes[0].backplane.close();
      const calls = [a.attend({ publisher: 'p1', offers: [] }, LONG_MS), a.leave('p1')];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'OutcryError', code: 'closed' } });
      }
    });
  });
}
