import type { RosterEntry } from '@outcry/broker';
import { describe, expect, it } from 'vitest';

import { assignSymbols } from './assign-symbols.ts';

function symbols(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `S${String(i)}`);
}

function publishers(count: number, offers: readonly string[]): readonly RosterEntry[] {
  return Array.from({ length: count }, (_, i) => ({ publisher: `p${String(i)}`, offers }));
}

function shares(entries: readonly RosterEntry[]): readonly number[] {
  const assigned = [...assignSymbols(entries).values()];
  return entries.map(({ publisher }) => assigned.filter((other) => other === publisher).length);
}

describe('assignSymbols', () => {
  it.each([
    [1, 2],
    [3, 2],
    [10, 3],
    [200, 3],
  ])('gives nobody more than a fair share of %i symbols for %i publishers', (symbolCount, publisherCount) => {
    const counts = shares(publishers(publisherCount, symbols(symbolCount)));
    expect(counts.reduce((a, b) => a + b)).toBe(symbolCount);
    expect(Math.max(...counts)).toBeLessThanOrEqual(Math.ceil(symbolCount / publisherCount));
  });

  it('does not depend on the order in which publishers and symbols are told', () => {
    const offers = symbols(50);
    const entries = publishers(3, offers);
    const shuffled = [...entries].reverse().map((entry) => ({ ...entry, offers: [...offers].reverse() }));
    expect(new Map([...assignSymbols(shuffled)].sort())).toEqual(new Map([...assignSymbols(entries)].sort()));
  });

  it('gives a symbol only to those who offer it, however many they have then', () => {
    const entries = [
      { publisher: 'p0', offers: ['A', 'B', 'C', 'D'] },
      { publisher: 'p1', offers: ['D'] },
      { publisher: 'p2', offers: [] },
    ];
    const assignment = assignSymbols(entries);
    for (const symbol of ['A', 'B', 'C']) expect(assignment.get(symbol)).toBe('p0');
    expect(['p0', 'p1']).toContain(assignment.get('D'));
  });

  it('leaves most symbols where they are when a publisher comes or goes', () => {
    const offers = symbols(300);
    const [before, after] = [assignSymbols(publishers(3, offers)), assignSymbols(publishers(4, offers))];
    const moved = offers.filter((symbol) => before.get(symbol) !== after.get(symbol));
    // A quarter has to move; the rest is what the new limit of a share pushes on.
    expect(moved.length).toBeGreaterThanOrEqual(75);
    expect(moved.length).toBeLessThan(120);
  });

  it('shares evenly among those who offer what nobody else does, where they must have more than their share', () => {
    const offers = symbols(100);
    const specialists = ['s0', 's1'].map((publisher) => ({ publisher, offers: ['Z'] }));
    const entries = [...publishers(2, offers), ...specialists];
    const counts = shares(entries);
    expect(counts.slice(0, 2)).toEqual([50, 50]);
    expect(counts.slice(2).sort()).toEqual([0, 1]);
  });

  it('does not count those who offer nothing: nothing moves when they come', () => {
    const entries = publishers(3, symbols(100));
    const idle = ['i0', 'i1'].map((publisher) => ({ publisher, offers: [] }));
    expect(assignSymbols([...entries, ...idle])).toEqual(assignSymbols(entries));
  });

  it('gives what it always gave, so that publishers of two versions agree while one replaces the other', () => {
    const offers = ['ADA-USD', 'BTC-USD', 'ETH-USD', 'LTC-USD', 'SOL-USD', 'XRP-USD'];
    expect(Object.fromEntries(assignSymbols(publishers(3, offers)))).toEqual({
      'ADA-USD': 'p0',
      'BTC-USD': 'p2',
      'ETH-USD': 'p0',
      'LTC-USD': 'p2',
      'SOL-USD': 'p1',
      'XRP-USD': 'p1',
    });
  });

  it('knows of nothing where nobody offers anything', () => {
    expect(assignSymbols([]).size).toBe(0);
    expect(assignSymbols(publishers(2, [])).size).toBe(0);
  });
});
