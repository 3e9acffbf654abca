import type { Experiment } from './experiment.ts';
import { FANOUT } from './fanout.ts';
import { LATENCY } from './latency.ts';
import { MEMORY } from './memory.ts';

/** All of them, in the order in which they are run. */
export const EXPERIMENTS: readonly Experiment[] = [FANOUT, LATENCY, MEMORY];
