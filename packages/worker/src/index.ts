export { Backoff } from './pacing/backoff.ts';
export { delay } from './pacing/delay.ts';
export { WakeUps } from './pacing/wake-ups.ts';
export type { PartitionTerm } from './partitions/held-partition.ts';
export { type LeaseTimes, Partitions, type PartitionsMetrics, type Roster } from './partitions/partitions.ts';
export { connectionOptions, problemsOfPostgresUrl } from './postgres/connection-options.ts';
export { FENCED_STATE, toFault } from './postgres/fault.ts';
export { assertMigrated, migrate, type Migrations } from './postgres/migrate.ts';
export { SourceHealth } from './source-health.ts';
