import { slowConnections } from '../plan/assignment.ts';
import type { Plan, Rate } from '../plan/plan.ts';
import { Scenario } from '../plan/scenario.ts';
import { formatCount, formatShare } from '../format.ts';

/** What a plan says, for people: only what its scenario uses. */
export function describePlan(plan: Plan): readonly (readonly [string, string])[] {
  const { connections, rampMs, durationMs, encoding, books, churn, slow } = plan;
  const facts: [string, string][] = [
    ['connections', `${formatCount(connections)}, opened in ${seconds(rampMs)}`],
    ['duration', seconds(durationMs)],
    ['encoding', encoding],
  ];
  if (plan.scenario === Scenario.Feed) {
    facts.push(
      ['books', books.symbols.join(', ')],
      ['class', `depth ${String(books.depth)}, every ${String(books.intervalMs)} ms`],
      ['books on each connection', String(Math.min(books.perConnection, books.symbols.length))],
    );
    return facts;
  }
  facts.push(
    ['rooms', formatCount(plan.rooms)],
    ['publishers', formatCount(plan.publishers)],
    ['messages per second', describeRate(plan.rate)],
    ['payload', `${formatCount(plan.sizeBytes)} bytes`],
  );
  if (plan.scenario === Scenario.Churn) {
    facts.push(['stay, away', `${seconds(churn.stayMs)} on average, up to ${seconds(churn.awayMs)}`]);
  }
  if (plan.scenario === Scenario.Slow) {
    facts.push([
      'slow readers',
      `${formatCount(slowConnections(plan))} (${formatShare(slow.share)}), pauses of ${seconds(slow.pauseMs)}`,
    ]);
  }
  return facts;
}

function describeRate({ from, to }: Rate): string {
  return from === to ? formatCount(from) : `${formatCount(from)} to ${formatCount(to)}`;
}

function seconds(ms: number): string {
  return `${String(ms / 1000)} s`;
}
