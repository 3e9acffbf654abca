import { MAX_COMPARED } from '../check/ledger.ts';
import { formatCount } from '../format.ts';
import type { Plan } from '../plan/plan.ts';
import type { GeneratorResult } from '../result/run-result.ts';
import type { Tally } from './tally.ts';

/** From here on the generator's own queues are in the latencies. */
const MAX_EVENT_LOOP = 0.85;
const MAX_MACHINE_BUSY = 0.95;
const MAX_PACE_LAG_MS = 50;

export interface Doubts extends GeneratorResult {
  /** Messages that were too long ago to be compared with others. */
  readonly notCompared: number;
}

/** What makes the figures of a run doubtful, and what to do about it. */
export function findWarnings(plan: Plan, tally: Tally, doubts: Doubts): readonly string[] {
  const { peakEventLoop, peakPaceLagMs, machineBusy, notCompared } = doubts;
  const warnings: string[] = [];
  if (peakEventLoop !== null && peakEventLoop > MAX_EVENT_LOOP) {
    warnings.push(
      `The generator was saturated: its busiest thread was at work ${percent(peakEventLoop)} of a second, so latencies include its own. Use more --workers, fewer connections, or another machine beside this one.`,
    );
  }
  if (machineBusy !== null && machineBusy > MAX_MACHINE_BUSY) {
    warnings.push(
      `This machine was ${percent(machineBusy)} busy: where the deployment runs on it too, the two disturb each other.`,
    );
  }
  if (peakPaceLagMs !== null && peakPaceLagMs > MAX_PACE_LAG_MS) {
    warnings.push(`Messages were sent up to ${peakPaceLagMs.toFixed(0)} ms late: the load was less even than planned.`);
  }
  if (tally.counters.unknown > 0) {
    warnings.push(
      `${formatCount(tally.counters.unknown)} messages had no answer when a guest lost its connection, and a guest cannot ask again: those that did not come to it are unacknowledged. With --token or --token-file they are repeated.`,
    );
  }
  if (notCompared > 0) {
    warnings.push(
      `Only the newest ${formatCount(MAX_COMPARED)} messages were held against each other: ${formatCount(notCompared)} before them were checked for their order and their text, and not for being there twice.`,
    );
  }
  if ([...tally.errors.keys()].some((what) => what.includes('rateLimited') || what.includes('rate-limited'))) {
    warnings.push(
      `Publishers were rate limited: a gateway takes 50 frames per second from one connection unless configured otherwise. Spread the rate over more --publishers (now ${String(plan.publishers)}).`,
    );
  }
  return warnings;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
