import type { Instrument } from '@outcry/client';
import { describe, expect, it } from 'vitest';

import { groupByKind } from './source-kinds.ts';

function instrument(symbol: string, kind?: Instrument['kind']): Instrument {
  return { symbol, priceScale: 2, sizeScale: 3, depths: [10], intervals: [100], kind };
}

function groups(...instruments: readonly Instrument[]): readonly string[] {
  return groupByKind(instruments).map(
    ({ label, instruments: members }) => `${label}: ${members.map(({ symbol }) => symbol).join(' ')}`,
  );
}

describe('groupByKind', () => {
  it('puts what trades now before what was recorded, and that before what is made up', () => {
    expect(
      groups(instrument('A', 'simulated'), instrument('B', 'live'), instrument('C', 'replay'), instrument('D', 'live')),
    ).toEqual(['Live: B D', 'Replay: C', 'Simulated: A']);
  });

  it('claims nothing of what a publisher does not say', () => {
    expect(groups(instrument('A'), instrument('B', 'live'))).toEqual(['Live: B', ': A']);
    expect(groups()).toEqual([]);
  });
});
