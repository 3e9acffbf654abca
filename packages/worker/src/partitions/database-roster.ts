import { randomUUID } from 'node:crypto';

import type { SourceHealth } from '../source-health.ts';
import type { PartitionsOptions } from './partitions.ts';

/** A database that says which services are there. @throws OutcryError from each of its calls */
export interface ServiceList {
  /** Resolves with all that are there, this one included, which is for so long. */
  attend(service: string, forMs: number): Promise<readonly string[]>;
  leave(service: string): Promise<void>;
  /** Resolves with the highest fence that has claimed each partition, by its name; those without one may be left out. */
  readFences(): Promise<ReadonlyMap<string, number>>;
}

/**
 * This run of a service under a name of its own, among those that a database lists. Leases are taken above the fences that the database
 * knows: those of a Redis whose clock was ahead, or of another one before this, would close partitions to everybody until its time comes.
 */
export function databaseRoster(
  list: ServiceList,
  health: Pick<SourceHealth, 'watch'>,
): Pick<PartitionsOptions, 'service' | 'roster' | 'fenceOf'> {
  const service = randomUUID();
  let fences: ReadonlyMap<string, number> = new Map();
  return {
    service,
    fenceOf: (partition) => fences.get(partition) ?? 0,
    roster: {
      attend: (forMs) =>
        health.watch(async () => {
          const services = await list.attend(service, forMs);
          fences = await list.readFences();
          return services;
        }),
      leave: () => health.watch(() => list.leave(service)),
    },
  };
}
