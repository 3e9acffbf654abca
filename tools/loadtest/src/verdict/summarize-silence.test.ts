import { expect, it } from 'vitest';

import { aPlan } from '../testing/a-plan.ts';
import { summarizeSilence } from './summarize-silence.ts';

const PLAN = aPlan({ rate: { from: 10, to: 10 } });

it('tells the median and the longest, and who is past the limit and the plan together', () => {
  expect(summarizeSilence([900, 1101, 1100, 200], { plan: PLAN, maxSilenceMs: 1000 })).toEqual({
    listeners: 4,
    plannedMs: 100,
    medianMs: 1100,
    longestMs: 1101,
    limitMs: 1100,
    past: 1,
  });
});

it('tells nothing where nobody listened', () => {
  const summary = summarizeSilence([], { plan: PLAN, maxSilenceMs: 1000 });
  expect(summary).toMatchObject({ listeners: 0, medianMs: null, longestMs: null, past: 0 });
});
