import { describe, expect, it } from 'vitest';

import type { GeneratorResult } from '../result/run-result.ts';
import { aPlan } from '../testing/a-plan.ts';
import { Tally } from './tally.ts';
import { findWarnings } from './warnings.ts';

const CALM: GeneratorResult = {
  workers: 1,
  processors: 2,
  cpuCores: 0.5,
  machineBusy: 0.5,
  peakEventLoop: 0.5,
  peakPaceLagMs: 5,
};

function warnings(generator: Partial<GeneratorResult> = {}, tally = new Tally(1)): readonly string[] {
  return findWarnings(aPlan(), tally, { ...CALM, ...generator });
}

describe('findWarnings', () => {
  it('finds nothing where the generator had room', () => {
    expect(warnings()).toEqual([]);
  });

  it.each([
    [{ peakEventLoop: 0.9 }, 'The generator was saturated'],
    [{ machineBusy: 0.99 }, 'This machine was 99 % busy'],
    [{ peakPaceLagMs: 80 }, 'up to 80 ms late'],
  ])('warns of %j', (generator, expected) => {
    expect(warnings(generator)).toEqual([expect.stringContaining(expected)]);
  });

  it('says what to do about rate limits, and that nobody could publish', () => {
    const tally = new Tally(1);
    tally.errors.set('error rateLimited: slow down', 3);
    tally.counters = { ...tally.counters, unsent: 4 };
    expect(warnings({}, tally)).toEqual([
      '4 messages were due while no publisher was connected.',
      expect.stringContaining('--publishers (now 1)'),
    ]);
  });
});
