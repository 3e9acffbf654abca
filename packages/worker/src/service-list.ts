export interface JoinRequest {
  readonly service: string;
  /** It is there for so long. */
  readonly forMs: number;
  /** What its Redis is called, and what time it is there, as far as that is known. */
  readonly seen: string | undefined;
  readonly now: number | undefined;
}

export interface Joined {
  /** Of which cluster the services are. */
  readonly cluster: string;
  /** All that are there; nobody, where this service is none of that cluster's. */
  readonly services: readonly string[];
  /** The highest fence that has claimed each partition, by its name; those without one may be left out. */
  readonly fences: ReadonlyMap<string, number>;
}

/** Which services share something that belongs to one cluster. Every call rejects with an `OutcryError` where it cannot be asked. */
export interface ServiceList {
  /**
   * Says that a service is there, unless it is another cluster's. One step: of two clusters that come at once one is the first. Which of two
   * names holds is decided by who is there: decisions/0132.
   */
  join(request: JoinRequest): Promise<Joined>;
  leave(service: string): Promise<void>;
}
