/** A cluster, as its store shows it. */
export interface ClusterIdentity {
  /** What it is called; undefined where nobody has called it anything, or the store has lost that. */
  readonly cluster: string | undefined;
  /** Unix milliseconds, by the broker's clock. */
  readonly now: number;
}

/**
 * What the cluster is called: by each of the places that belong to one cluster and are outside of its store, so that one of them may be moved,
 * lost or given to another cluster without the others. Every call rejects with an `OutcryError`, `unavailable` or `closed`.
 */
export interface ClusterIdentities {
  /** @param by The place, among all that there are. */
  identify(by: string): Promise<ClusterIdentity>;
  /** Calls the cluster so for good, unless it is called something already. */
  introduce(by: string, cluster: string): Promise<void>;
}
