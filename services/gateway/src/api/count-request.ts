import type { GatewayMetrics } from '../observability/metrics.ts';
import { API_COMMANDS } from './api-commands.ts';
import type { ApiErrorCode } from './api-error.ts';

/** What stands in the place of a command in `/api/…`, and is none. */
export const OTHER_PATHS = { document: 'openapi.json', batch: 'batch' } as const;

/** What is counted of everything that is asked for and is none of these: a label must not be whatever a client writes. */
const UNKNOWN = 'unknown';

/** Told of every request once, and of every command of a batch: what it named, and what became of it. */
export type CountRequest = (name: string, outcome: 'done' | ApiErrorCode) => void;

type Counters = Pick<GatewayMetrics, 'apiRequests' | 'apiRefusals'>;

/** Two counters, and not one of both labels: each pair of them would be a series, and six in ten of a scrape. */
export function createRequestCount({ apiRequests, apiRefusals }: Counters): CountRequest {
  const names = new Set([...Object.keys(API_COMMANDS), ...Object.values(OTHER_PATHS)]);
  return (name, outcome) => {
    apiRequests.labels(names.has(name) ? name : UNKNOWN).inc();
    if (outcome !== 'done') apiRefusals.labels(outcome).inc();
  };
}
