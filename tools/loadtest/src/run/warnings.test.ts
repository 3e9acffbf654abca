import { describe, expect, it } from 'vitest';

import { aPlan } from '../testing/a-plan.ts';
import { Tally } from './tally.ts';
import { type Doubts, findWarnings } from './warnings.ts';

const CALM: Doubts = {
  workers: 1,
  processors: 2,
  cpuCores: 0.5,
  machineBusy: 0.5,
  peakEventLoop: 0.5,
  peakPaceLagMs: 5,
  notCompared: 0,
};

function warnings(doubts: Partial<Doubts> = {}, tally = new Tally(1)): readonly string[] {
  return findWarnings(aPlan(), tally, { ...CALM, ...doubts });
}

describe('findWarnings', () => {
  it('finds nothing where the generator had room', () => {
    expect(warnings()).toEqual([]);
  });

  it.each([
    [{ peakEventLoop: 0.9 }, 'The generator was saturated'],
    [{ machineBusy: 0.99 }, 'This machine was 99 % busy'],
    [{ peakPaceLagMs: 80 }, 'up to 80 ms late'],
    [{ notCompared: 1234 }, '1,234 before them'],
  ])('warns of %j', (doubts, expected) => {
    expect(warnings(doubts)).toEqual([expect.stringContaining(expected)]);
  });

  it('finds nothing where nothing was measured', () => {
    expect(warnings({ peakEventLoop: null, machineBusy: null, peakPaceLagMs: null })).toEqual([]);
  });

  it('says why a guest has messages without an answer', () => {
    const tally = new Tally(1);
    tally.counters = { ...tally.counters, unknown: 3 };
    expect(warnings({}, tally)).toEqual([expect.stringContaining('3 messages had no answer when a guest')]);
  });

  it('says what to do about rate limits', () => {
    const tally = new Tally(1);
    tally.errors.set('error rateLimited: slow down', 3);
    expect(warnings({}, tally)).toEqual([expect.stringContaining('--publishers (now 1)')]);
  });
});
