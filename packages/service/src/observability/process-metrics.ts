import { collectDefaultMetrics, Counter, type Registry } from 'prom-client';

import { STANDARD_OUTPUT } from '../log/standard-output.ts';

/** Each look at the event loop's delay wakes an idle process. */
const LOOP_DELAY_RESOLUTION_MS = 100;

/** What every service's process tells of itself: memory, CPU, event loop, garbage collection, and lines of its log that were lost. */
export function collectProcessMetrics(registry: Registry, prefix: string): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_DELAY_RESOLUTION_MS });
  new Counter({
    name: `${prefix}_log_lines_dropped_total`,
    help: 'Lines of the log that were dropped, because too many before them were still unread.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(STANDARD_OUTPUT.dropped);
    },
  });
}
