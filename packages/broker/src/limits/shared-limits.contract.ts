import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { TestCluster, TestNode } from '../../tests/contract/cluster.ts';
import { useTwoNodes } from '../../tests/contract/use-two-nodes.ts';
import { range } from '../../tests/support/requests.ts';
import type { SharedLimits } from '../index.ts';

const LONG_MS = 30_000;
/** Long enough to be seen by a machine that is busy. */
const SHORT_MS = 2000;
const SUBJECT = 'user:ann';

/** What every `SharedLimits` promises, seen from two nodes. */
export function describeSharedLimits(name: string, createCluster: () => Promise<TestCluster>): void {
  describe(`SharedLimits over ${name}`, () => {
    let nodes: readonly [TestNode, TestNode];
    let a: SharedLimits;
    let b: SharedLimits;

    useTwoNodes(createCluster, async (started) => {
      nodes = started.nodes;
      [a, b] = [nodes[0].backplane.limits, nodes[1].backplane.limits];
      await attend('n1', LONG_MS);
      await attend('n2', LONG_MS);
    });

    async function attend(id: string, leaseMs: number): Promise<void> {
      await nodes[0].backplane.nodes.attend({ id, report: '' }, leaseMs);
    }

    it('counts over all nodes, and changes nothing where the count would be too high', async () => {
      expect(await a.hold('n1', { subject: SUBJECT, own: 2, max: 3 })).toBe(true);
      expect(await b.hold('n2', { subject: SUBJECT, own: 2, max: 3 })).toBe(false);
      expect(await b.hold('n2', { subject: SUBJECT, own: 1, max: 3 })).toBe(true);
      expect(await a.hold('n1', { subject: SUBJECT, own: 3, max: 3 })).toBe(false);
      expect(await a.hold('n1', { subject: SUBJECT, own: 2, max: 3 })).toBe(true);
      expect(await a.hold('n1', { subject: 'user:bob', own: 3, max: 3 })).toBe(true);
    });

    it('lets others have what is given back', async () => {
      await a.hold('n1', { subject: SUBJECT, own: 3, max: 3 });
      await a.set('n1', SUBJECT, 2);
      expect(await b.hold('n2', { subject: SUBJECT, own: 1, max: 3 })).toBe(true);
      await a.set('n1', SUBJECT, 0);
      expect(await b.hold('n2', { subject: SUBJECT, own: 3, max: 3 })).toBe(true);
    });

    it('does not count what a lost node had', async () => {
      await attend('n3', SHORT_MS);
      expect(await a.hold('n3', { subject: SUBJECT, own: 3, max: 3 })).toBe(true);
      expect(await b.hold('n2', { subject: SUBJECT, own: 1, max: 3 })).toBe(false);
      await vi.waitFor(async () => {
        expect(await b.hold('n2', { subject: SUBJECT, own: 3, max: 3 })).toBe(true);
      });
    });

    it('lets a burst of a minute pass, and then one at a time', async () => {
      const perMinute = 240;
      const startedAt = performance.now();
      const verdicts = await Promise.all(Array.from({ length: 2 * perMinute }, () => a.pass(SUBJECT, perMinute)));
      const minutes = (performance.now() - startedAt) / 60_000;
      const passed = verdicts.filter(Boolean).length;
      expect(passed).toBeGreaterThanOrEqual(perMinute);
      expect(passed).toBeLessThanOrEqual(perMinute + Math.ceil(perMinute * minutes));
      expect(await b.pass('user:bob', perMinute)).toBe(true);
      await vi.waitFor(async () => {
        expect(await b.pass(SUBJECT, perMinute)).toBe(true);
      });
    });

    it('gives events back as fast as the rate says, from one second to the next', async () => {
      const perSecond = 4;
      const pass = () => a.pass(SUBJECT, 60 * perSecond);
      while (await pass());
      const startedAt = performance.now();
      const elapsed = (): number => (performance.now() - startedAt) / 1000;
      let passed = 0;
      while (elapsed() < 2.2) {
        if (await pass()) passed += 1;
        await setImmediate();
      }
      const seconds = elapsed();
      expect(passed).toBeGreaterThanOrEqual(Math.floor(seconds * perSecond) - 1);
      expect(passed).toBeLessThanOrEqual(Math.ceil(seconds * perSecond) + 1);
    });

    it('lets more than one event in a millisecond pass, where the rate allows it', async () => {
      const verdicts = await Promise.all(range(1, 50).map(() => a.pass(SUBJECT, 120_000)));
      expect(verdicts).not.toContain(false);
    });

    it('lets the only event of a minute pass, and the next one not', async () => {
      expect(await a.pass(SUBJECT, 1)).toBe(true);
      expect(await b.pass(SUBJECT, 1)).toBe(false);
    });

    it('says of a budget of which nothing is used that nothing is owed', async () => {
      expect(await a.spend({ subject: SUBJECT, amount: 0, max: 1000, windowMs: 10_000 })).toBe(0);
    });

    it('lets a budget be spent over all nodes, a debt be paid back with time, and no debt be endless', async () => {
      const budget = { subject: 'stored:user:ann', max: 1000, windowMs: 10_000 };
      expect(await a.spend({ ...budget, amount: 900 })).toBe(0);
      expect(await b.spend({ ...budget, subject: 'stored:user:bob', amount: 900 })).toBe(0);
      const waitMs = await b.spend({ ...budget, amount: 200 });
      expect(waitMs).toBeGreaterThan(0);
      expect(waitMs).toBeLessThanOrEqual(1000);
      await vi.waitFor(
        async () => {
          expect(await a.spend({ ...budget, amount: 0 })).toBe(0);
        },
        { timeout: 10_000 },
      );
      expect(await a.spend({ ...budget, amount: 1_000_000 })).toBeLessThanOrEqual(10_000);
    });

    it('rejects calls with closed once closed', async () => {
      await nodes[0].backplane.close();
      const request = { subject: SUBJECT, own: 1, max: 3 };
      const spent = a.spend({ subject: SUBJECT, amount: 1, max: 1, windowMs: 1 });
      const calls = [a.hold('n1', request), a.set('n1', SUBJECT, 1), a.pass(SUBJECT, 1), spent];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'OutcryError', code: 'closed' } });
      }
    });
  });
}
