import { describe, expect, it, vi } from 'vitest';
import type { TestCluster, TestNode } from '../../tests/contract/cluster.ts';
import { useTwoNodes } from '../../tests/contract/use-two-nodes.ts';
import { range } from '../../tests/support/requests.ts';
import type { Lease, LeaseFinder, LeaseGrant, LeaseRefusal } from '../index.ts';

/** Long enough not to run out unless a test waits for it. */
const LONG_MS = 30_000;
const SHORT_MS = 200;
const DEADLINE_MS = 10_000;

/** What every `Lease` promises, seen from two nodes. */
export function describeLease(name: string, createCluster: () => Promise<TestCluster>): void {
  describe(`Lease over ${name}`, () => {
    let cluster: TestCluster;
    let nodes: readonly [TestNode, TestNode];
    let a: Lease & LeaseFinder;
    let b: Lease & LeaseFinder;

    useTwoNodes(createCluster, (started) => {
      ({ cluster, nodes } = started);
      const [first, second] = nodes;
      [a, b] = [first.backplane.lease, second.backplane.lease];
    });

    it('grants a lease to one, and tells the others for how long at most it is held', async () => {
      expect(await a.acquire('X', LONG_MS)).toMatchObject({ name: 'X', leaseMs: LONG_MS });
      for (const lease of [a, b]) {
        const { heldForMs } = refused(await lease.acquire('X', LONG_MS));
        expect(heldForMs).toBeGreaterThan(LONG_MS - DEADLINE_MS);
        expect(heldForMs).toBeLessThanOrEqual(LONG_MS);
      }
    });

    it('grants it once, however many ask at the same time', async () => {
      const answers = await Promise.all(range(1, 50).map((i) => (i % 2 === 0 ? a : b).acquire('X', LONG_MS)));
      expect(answers.filter((answer) => 'fence' in answer)).toHaveLength(1);
    });

    it('keeps leases of different names apart', async () => {
      await take(a, 'X');
      expect(await b.renew(await take(b, 'Y'))).toBe(true);
    });

    it('ends with its time, and cannot be renewed then', async () => {
      const old = await take(a, 'X', SHORT_MS);
      const next = await takeEventually(b, 'X');
      expect(await a.renew(old)).toBe(false);
      expect(await b.renew(next)).toBe(true);
    });

    it('cannot be renewed once its time is over, though nobody else has it', async () => {
      const old = await take(a, 'X', SHORT_MS);
      await release(b, await takeEventually(b, 'X'));
      expect(await a.renew(old)).toBe(false);
    });

    it('lasts for its whole time from each renewal', async () => {
      const grant = await take(a, 'X', 2000);
      const startedAt = performance.now();
      while (performance.now() - startedAt < 3000) {
        expect(await a.renew(grant)).toBe(true);
        expect(await b.acquire('X', LONG_MS)).toHaveProperty('heldForMs');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });

    it('numbers every acquisition higher: after a release, an expiry, and a loss of all data', async () => {
      const fences: number[] = [];
      for (const lease of [a, b, a]) {
        const grant = await take(lease, 'X');
        fences.push(grant.fence);
        await release(lease, grant);
      }
      fences.push((await take(a, 'X', SHORT_MS)).fence);
      fences.push((await takeEventually(b, 'X')).fence);
      await cluster.wipe();
      fences.push((await take(a, 'X')).fence);
      expect(fences).toEqual([...new Set(fences)].sort((x, y) => x - y));
      expect(fences.every(Number.isSafeInteger)).toBe(true);
    });

    it('is above what it is asked to be, and so is the next', async () => {
      const first = await take(a, 'X');
      await release(a, first);
      const above = first.fence + 3_600_000_000;
      const second = await a.acquire('X', LONG_MS, above);
      if ('heldForMs' in second) throw new Error('X is held');
      expect(second.fence).toBe(above + 1);
      expect(await b.acquire('X', LONG_MS, 2 * above)).toHaveProperty('heldForMs');
      expect(await a.renew(second)).toBe(true);
      await release(a, second);
      expect((await take(b, 'X')).fence).toBeGreaterThan(second.fence);
    });

    it('is lost with all data', async () => {
      const grant = await take(a, 'X');
      await cluster.wipe();
      expect(await a.renew(grant)).toBe(false);
    });

    it('goes to whoever asks next when it is released, and those who watch are told', async () => {
      const released: string[] = [];
      await b.watch((leaseName) => released.push(leaseName));
      const grant = await take(a, 'BTC/USDT');
      await release(a, grant);
      await vi.waitFor(
        () => {
          expect(released).toEqual(['BTC/USDT']);
        },
        { timeout: DEADLINE_MS },
      );
      await take(b, 'BTC/USDT');
    });

    it('is not touched by the release of an earlier grant, of which nobody is told', async () => {
      const released: string[] = [];
      await b.watch((leaseName) => released.push(leaseName));
      const old = await take(a, 'X', SHORT_MS);
      const grant = await takeEventually(b, 'X');
      await release(a, old);
      expect(await b.renew(grant)).toBe(true);
      await release(a, await take(a, 'MARKER'));
      await vi.waitFor(() => {
        expect(released).toEqual(['MARKER']);
      });
    });

    it('tells whoever looks who has which lease, and what the holder says of itself', async () => {
      const note = { by: 'host-a/7', since: 1_790_000_000_000, figures: { waiting: 3 } };
      const grant = await take(a, 'X');
      await take(a, 'BTC/USDT');
      expect(await a.renew(grant, note)).toBe(true);
      expect(await a.renew(grant)).toBe(true);
      for (const lease of [a, b]) {
        const [x, other, none] = await lease.find(['X', 'BTC/USDT', 'NONE']);
        expect(x).toMatchObject({ note });
        expect(other).not.toHaveProperty('note');
        expect(none).toBeUndefined();
        for (const { heldForMs = 0 } of [x ?? {}, other ?? {}]) {
          expect(heldForMs).toBeGreaterThan(LONG_MS - DEADLINE_MS);
          expect(heldForMs).toBeLessThanOrEqual(LONG_MS);
        }
      }
    });

    it('shows nobody what an earlier holder has said', async () => {
      const old = await take(a, 'X');
      await a.renew(old, { by: 'host-a/7', since: 1 });
      await release(a, old);
      expect(await a.find(['X'])).toEqual([undefined]);
      const grant = await take(b, 'X');
      expect((await a.find(['X']))[0]).not.toHaveProperty('note');
      await b.renew(grant, { by: 'host-b/7', since: 2 });
      expect(await a.find(['X'])).toMatchObject([{ note: { by: 'host-b/7', since: 2 } }]);
    });

    it('rejects calls with closed once closed', async () => {
      const grant = await take(a, 'X');
      await nodes[0].backplane.close();
      const calls = [
        a.acquire('Y', LONG_MS),
        a.renew(grant),
        a.release(grant),
        a.find(['X']),
        a.watch(() => undefined),
      ];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'OutcryError', code: 'closed' } });
      }
    });
  });
}

function refused(answer: LeaseGrant | LeaseRefusal): LeaseRefusal {
  if ('fence' in answer) throw new Error(`${answer.name} was granted`);
  return answer;
}

async function take(lease: Lease, name: string, leaseMs = LONG_MS): Promise<LeaseGrant> {
  const answer = await lease.acquire(name, leaseMs);
  if ('heldForMs' in answer) throw new Error(`${name} is held for ${String(answer.heldForMs)} ms`);
  return answer;
}

/** Waits for the lease as long as it is told to, and no longer. Where this test was late itself, that is not at all. */
async function takeEventually(lease: Lease, name: string): Promise<LeaseGrant> {
  const answer = await lease.acquire(name, LONG_MS);
  if ('fence' in answer) return answer;
  await new Promise((resolve) => setTimeout(resolve, answer.heldForMs + 5));
  return take(lease, name);
}

async function release(lease: Lease, grant: LeaseGrant): Promise<void> {
  await lease.release(grant);
}
