import { randomUUID } from 'node:crypto';

import type { SourceHealth } from '../source-health.ts';
import type { PartitionsOptions } from './partitions.ts';

/** A database that says which services are there. @throws OutcryError from each of its calls */
export interface ServiceList {
  /** Resolves with all that are there, this one included, which is for so long. */
  attend(service: string, forMs: number): Promise<readonly string[]>;
  leave(service: string): Promise<void>;
}

/** This run of a service under a name of its own, among those that a database lists. */
export function databaseRoster(
  list: ServiceList,
  health: Pick<SourceHealth, 'watch'>,
): Pick<PartitionsOptions, 'service' | 'roster'> {
  const service = randomUUID();
  return {
    service,
    roster: {
      attend: (forMs) => health.watch(() => list.attend(service, forMs)),
      leave: () => health.watch(() => list.leave(service)),
    },
  };
}
