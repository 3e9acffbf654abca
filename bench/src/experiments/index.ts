import { BOOK_COST } from './book-cost.ts';
import type { Experiment } from './experiment.ts';
import { FANOUT } from './fanout.ts';
import { LATENCY } from './latency.ts';
import { MEMORY } from './memory.ts';
import { SLOW_READER } from './slow-reader.ts';

/** All of them, in the order in which they are run. */
export const EXPERIMENTS: readonly Experiment[] = [FANOUT, LATENCY, MEMORY, SLOW_READER, BOOK_COST];
