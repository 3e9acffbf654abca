import type { Plan } from '../plan/plan.ts';
import type { GeneratorResult } from '../result/run-result.ts';
import type { Tally } from './tally.ts';

/** From here on the generator's own queues are in the latencies. */
const MAX_EVENT_LOOP = 0.85;
const MAX_MACHINE_BUSY = 0.95;
const MAX_PACE_LAG_MS = 50;

/** What makes the figures of a run doubtful, and what to do about it. */
export function findWarnings(plan: Plan, tally: Tally, generator: GeneratorResult): readonly string[] {
  const { peakEventLoop, peakPaceLagMs, machineBusy } = generator;
  const warnings: string[] = [];
  if (peakEventLoop > MAX_EVENT_LOOP) {
    warnings.push(
      `The generator was saturated: its busiest thread was at work ${percent(peakEventLoop)} of a second, so latencies include its own. Use more --workers, fewer connections, or another machine beside this one.`,
    );
  }
  if (machineBusy > MAX_MACHINE_BUSY) {
    warnings.push(
      `This machine was ${percent(machineBusy)} busy: where the deployment runs on it too, the two disturb each other.`,
    );
  }
  if (peakPaceLagMs > MAX_PACE_LAG_MS) {
    warnings.push(`Messages were sent up to ${peakPaceLagMs.toFixed(0)} ms late: the load was less even than planned.`);
  }
  if (tally.counters.unsent > 0) {
    warnings.push(`${String(tally.counters.unsent)} messages were due while no publisher was connected.`);
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
