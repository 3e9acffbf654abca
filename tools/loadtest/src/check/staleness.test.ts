import { describe, expect, it } from 'vitest';

import { addStaleSpells, NO_STALE_SPELLS, Staleness } from './staleness.ts';

describe('Staleness', () => {
  it('counts each spell, and knows the longest', () => {
    const staleness = new Staleness();
    staleness.stale('pit', 0);
    staleness.stale('pit', 100);
    staleness.fresh('pit', 300);
    staleness.stale('pit', 400);
    staleness.fresh('pit', 500);
    staleness.fresh('other', 900);
    expect(staleness.spells(1000)).toEqual({ count: 2, longestMs: 300, lasting: 0 });
  });

  it('counts a spell that is not over up to now, and one of a lost connection up to its loss', () => {
    const staleness = new Staleness();
    staleness.stale('pit', 0);
    expect(staleness.spells(700)).toEqual({ count: 1, longestMs: 700, lasting: 1 });
    staleness.lost(800);
    expect(staleness.spells(5000)).toEqual({ count: 1, longestMs: 800, lasting: 0 });
  });

  it('adds up over clients', () => {
    const one = { count: 1, longestMs: 300, lasting: 1 };
    const two = { count: 2, longestMs: 200, lasting: 0 };
    expect([one, two, NO_STALE_SPELLS].reduce(addStaleSpells)).toEqual({ count: 3, longestMs: 300, lasting: 1 });
  });
});
