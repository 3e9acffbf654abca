import type { Plan } from '../plan/plan.ts';

/** A small plan, but for what a test cares about. */
export function aPlan(overrides: Partial<Plan> = {}): Plan {
  return {
    scenario: 'fan-out',
    runId: 'test',
    urls: ['ws://127.0.0.1:1337/ws'],
    connections: 10,
    workers: 1,
    encoding: 'msgpack',
    rampMs: 0,
    durationMs: 1000,
    settleMs: 1000,
    rooms: 1,
    publishers: 1,
    rate: { from: 10, to: 10 },
    sizeBytes: 100,
    books: { symbols: [], depth: 25, intervalMs: 100, perConnection: 1 },
    churn: { stayMs: 500, awayMs: 100 },
    slow: { share: 0.1, pauseMs: 1000 },
    ...overrides,
  };
}
