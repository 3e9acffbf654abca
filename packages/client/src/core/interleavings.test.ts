import { expect, it } from 'vitest';

import { Interleaving } from '../testing/interleaving.ts';
import { randomRuns } from '../testing/random-runs.ts';

const CASES = randomRuns(10_000);
const SEED = 20_261_121;
const DEADLINE_MS = 60_000;

it(
  `keeps its promises in ${String(CASES)} random interleavings of connects, cuts, frames, errors and timeouts`,
  () => {
    for (let i = 0; i < CASES; i++) expect(new Interleaving(SEED + i).run(), `seed ${String(SEED + i)}`).toEqual([]);
  },
  DEADLINE_MS,
);
