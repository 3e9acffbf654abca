import { describe, expect, it } from 'vitest';

import type { NodeReport } from './node-report.ts';
import { countFor, planMoves } from './plan-moves.ts';

const PERIOD = { periodMs: 5000 };

function report(node: string, connections: number, details: Partial<NodeReport> = {}): NodeReport {
  return { node, startedAt: 0, connections, rooms: 0, books: 0, isReady: true, takesPerSecond: 500, ...details };
}

function plan(connections: readonly number[], { floor = 10, isUnderWay = false } = {}): string[] {
  const reports = connections.map((count, i) => report(`n${String(i)}`, count));
  return planMoves(reports, { floor, isUnderWay }).map(({ node, surplus }) => `${node} ${String(surplus)}`);
}

describe('planMoves', () => {
  it('names those that have more than 1.1 times the mean, and how much above it', () => {
    expect(plan([2000, 2000, 0, 0])).toEqual(['n0 1000', 'n1 1000']);
    expect(plan([1100, 900])).toEqual([]);
    expect(plan([1101, 899])).toEqual(['n0 101']);
  });

  it('goes on to 1.05 times the mean once it has begun', () => {
    expect(plan([1080, 920])).toEqual([]);
    expect(plan([1080, 920], { isUnderWay: true })).toEqual(['n0 80']);
    expect(plan([1050, 950], { isUnderWay: true })).toEqual([]);
  });

  it('leaves a small surplus where it is', () => {
    expect(plan([20, 0], { floor: 10 })).toEqual(['n0 10']);
    expect(plan([18, 0], { floor: 10 })).toEqual([]);
  });

  it('has nothing to do where there is one gateway, or none, or where another is not ready', () => {
    expect(plan([1000])).toEqual([]);
    expect(plan([])).toEqual([]);
    const reports = [report('a', 1000), report('b', 0, { isReady: false })];
    expect(planMoves(reports, { floor: 10, isUnderWay: false })).toEqual([]);
  });
});

describe('countFor', () => {
  function counts(reports: readonly NodeReport[]): number[] {
    const moves = planMoves(reports, { floor: 10, isUnderWay: true });
    return moves.map((move) => countFor(move, { plan: moves, reports }, PERIOD));
  }

  it('is half of the surplus, so that what is reported late does not lead past the mean', () => {
    expect(counts([report('a', 200), report('b', 0)])).toEqual([50]);
  });

  it('is no more than 50 a second', () => {
    expect(counts([report('a', 20_000), report('b', 0)])).toEqual([250]);
  });

  it('is no more than a share of what those can take that have no surplus', () => {
    const full = [report('a', 20_000), report('b', 20_000)];
    expect(counts([...full, report('c', 0, { takesPerSecond: 20 })])).toEqual([50, 50]);
    expect(counts([...full, report('c', 0, { takesPerSecond: 0 })])).toEqual([0, 0]);
  });
});

describe('moves, one period after the other', () => {
  /** Each client that moves comes to any gateway, that from which it comes included, and does not move again. */
  function balance(start: readonly number[], periods: number): { readonly held: number[]; readonly moved: number } {
    const held = [...start];
    const unmoved = [...start];
    let [moved, isUnderWay, turn] = [0, false, 0];
    for (let period = 0; period < periods; period++) {
      const reports = held.map((count, i) => report(String(i), count));
      const moves = planMoves(reports, { floor: 10, isUnderWay });
      isUnderWay = moves.length > 0;
      for (const move of moves) {
        const from = Number(move.node);
        const count = Math.min(unmoved[from] ?? 0, countFor(move, { plan: moves, reports }, PERIOD));
        moved += count;
        unmoved[from] = (unmoved[from] ?? 0) - count;
        held[from] = (held[from] ?? 0) - count;
        for (let i = 0; i < count; i++, turn++) held[turn % held.length] = (held[turn % held.length] ?? 0) + 1;
      }
    }
    return { held, moved };
  }

  it('lead from three gateways to six within five minutes, though nobody moves twice', () => {
    const { held } = balance([2000, 2000, 2000, 0, 0, 0], 60);
    expect(Math.max(...held) / 1000).toBeLessThanOrEqual(1.1);
  });

  it('come to rest', () => {
    const after = balance([2000, 2000, 2000, 0, 0, 0], 60);
    expect(balance(after.held, 60).moved).toBe(0);
  });

  it('do not go to and fro between two', () => {
    const { held, moved } = balance([1000, 0], 60);
    expect(Math.max(...held) / 500).toBeLessThanOrEqual(1.1);
    // Half of those who move come back to where they were.
    expect(moved).toBeLessThanOrEqual(1000);
  });
});
