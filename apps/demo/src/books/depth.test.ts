import { describe, expect, it } from 'vitest';

import { runningTotals, spreadOf } from './depth.ts';

describe('depth', () => {
  it('adds sizes up from the best level on', () => {
    expect(
      runningTotals([
        [99, 2],
        [98, 3],
        [97, 1],
      ]),
    ).toEqual([2, 5, 6]);
  });

  it('finds the middle to half a tick, and the spread without the error of floats', () => {
    expect(spreadOf(6_183_763, 6_183_764, 2)).toEqual({ mid: '61,837.635', spread: '0.01', bps: '0.0016 bps' });
    expect(spreadOf(7, 9, 0)).toMatchObject({ mid: '8.0', spread: '2' });
  });
});
