import { ATTACKS_EXPERIMENT } from './attacks.ts';
import { BOOK_COST } from './book-cost.ts';
import { CAPACITY } from './capacity.ts';
import { CEILING } from './ceiling.ts';
import { CLUSTER_ROLL_CALL } from './cluster-roll-call.ts';
import { COMPRESSION } from './compression.ts';
import type { Experiment } from './experiment.ts';
import { FANOUT } from './fanout.ts';
import { INBOXES } from './inboxes.ts';
import { LATENCY } from './latency.ts';
import { MEMORY } from './memory.ts';
import { OBSERVED } from './observed.ts';
import { PRIMARIES_EXPERIMENT } from './primaries.ts';
import { PUBLISH } from './publish.ts';
import { ROLL_CALL } from './roll-call.ts';
import { SCALING } from './scaling.ts';
import { SCRIPT } from './script.ts';
import { SLOW_READER } from './slow-reader.ts';
import { SQUATTERS_EXPERIMENT } from './squatters.ts';

/** All of them, in the order in which they are run. */
export const EXPERIMENTS: readonly Experiment[] = [
  FANOUT,
  LATENCY,
  CAPACITY,
  MEMORY,
  PUBLISH,
  CEILING,
  SCRIPT,
  SCALING,
  PRIMARIES_EXPERIMENT,
  ROLL_CALL,
  CLUSTER_ROLL_CALL,
  INBOXES,
  SLOW_READER,
  BOOK_COST,
  COMPRESSION,
  OBSERVED,
  SQUATTERS_EXPERIMENT,
  ATTACKS_EXPERIMENT,
];
