/** `down` from the moment that live delivery can no longer be vouched for until it is whole again. */
export type BrokerStatus = 'up' | 'down';

/** What goes down and comes up together, of all that is shared. */
export interface BrokerPart {
  /** What it is called in logs and metrics: where it is, fit to be shown to anybody. */
  readonly shard: string;
  /** Of rooms and symbols, by number (`partitionOf`). */
  readonly partitions: readonly number[];
}
