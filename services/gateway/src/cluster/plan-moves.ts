import type { NodeReport } from './node-report.ts';

/** A gateway has too many clients from so many times the mean on; where moves have begun, they go on to the second. */
const RATIOS = { from: 1.1, to: 1.05 } as const;

export interface PlannedMove {
  readonly node: string;
  readonly connections: number;
  /** How many more it has than the mean. */
  readonly surplus: number;
}

export interface PlanOptions {
  /** A smaller surplus is left where it is. */
  readonly floor: number;
  /** Moves have begun, and are not over. */
  readonly isUnderWay: boolean;
}

/** Which gateways have more clients than they should have, by what all of them report. Those that are not ready count as not there. */
export function planMoves(reports: readonly NodeReport[], { floor, isUnderWay }: PlanOptions): readonly PlannedMove[] {
  const ready = reports.filter(({ isReady }) => isReady);
  const mean = ready.reduce((sum, { connections }) => sum + connections, 0) / Math.max(1, ready.length);
  const ratio = isUnderWay ? RATIOS.to : RATIOS.from;
  return ready
    .filter(({ connections }) => connections > mean * ratio && connections - mean >= floor)
    .map(({ node, connections }) => ({ node, connections, surplus: Math.floor(connections - mean) }));
}

export interface PaceOptions {
  readonly periodMs: number;
}

/** However much the others could take, each of those that have too many asks no more than so many a second. */
const MAX_PER_SECOND = 50;
/** What a gateway of an earlier version is taken to take. */
const ASSUMED_PER_SECOND = 100;

/**
 * How many clients a gateway asks in one period: half of the surplus, so that what is reported late does not lead past the mean; no
 * more than its share of what those can take that have no surplus.
 */
export function countFor(
  { surplus }: PlannedMove,
  { plan, reports }: { readonly plan: readonly PlannedMove[]; readonly reports: readonly NodeReport[] },
  { periodMs }: PaceOptions,
): number {
  const full = new Set(plan.map(({ node }) => node));
  const takers = reports.filter(({ isReady, node }) => isReady && !full.has(node));
  const taken = takers.reduce((sum, { takesPerSecond = ASSUMED_PER_SECOND }) => sum + takesPerSecond, 0);
  const perSecond = Math.min(MAX_PER_SECOND, taken / plan.length);
  return Math.min(Math.ceil(surplus / 2), Math.floor((perSecond * periodMs) / 1000));
}
