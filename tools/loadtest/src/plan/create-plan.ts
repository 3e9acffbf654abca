import { availableParallelism } from 'node:os';

import type { LoadRequest } from './load-request.ts';
import type { Plan } from './plan.ts';
import { SCENARIO_DEFAULTS } from './scenario-defaults.ts';
import { Scenario } from './scenario.ts';

export interface PlanContext {
  readonly runId: string;
  /** The books that the deployment has. */
  readonly symbols: readonly string[];
}

/** So many connections are work for a thread of their own. */
const CONNECTIONS_PER_WORKER = 250;

/** Fills a request with what the scenario makes of it. */
export function createPlan(scenario: Scenario, load: LoadRequest, context: PlanContext): Plan {
  const defaults = SCENARIO_DEFAULTS[scenario];
  const connections = load.connections ?? defaults.connections;
  const rate = load.rate ?? defaults.rate;
  const rooms = Math.min(connections, load.rooms ?? defaults.rooms(connections));
  const publishers = load.publishers ?? defaults.publishers({ connections, rooms, rate: Math.max(rate.from, rate.to) });
  const isFeed = scenario === Scenario.Feed;
  return {
    scenario,
    runId: context.runId,
    urls: load.urls,
    connections,
    workers: Math.min(connections, load.workers ?? defaultWorkers(connections)),
    encoding: load.encoding,
    rampMs: load.rampMs,
    durationMs: load.durationMs,
    settleMs: load.settleMs,
    rooms: isFeed ? 0 : rooms,
    publishers: isFeed ? 0 : Math.min(connections, publishers),
    rate: isFeed ? { from: 0, to: 0 } : rate,
    sizeBytes: load.sizeBytes ?? defaults.sizeBytes,
    books: {
      symbols: load.symbols ?? context.symbols,
      depth: load.depth,
      intervalMs: load.intervalMs,
      perConnection: load.booksPerConnection,
    },
    churn: { stayMs: load.stayMs, awayMs: load.awayMs },
    slow: { share: load.slowShare, pauseMs: load.slowPauseMs },
  };
}

/** One processor is left to the rest. */
function defaultWorkers(connections: number): number {
  return Math.max(1, Math.min(availableParallelism() - 1, Math.ceil(connections / CONNECTIONS_PER_WORKER)));
}
