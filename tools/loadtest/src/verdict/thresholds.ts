/** What a run is held against. Absent: not at all. Times in milliseconds, shares from 0 to 1. */
export interface Thresholds {
  /** Clients that are not connected, or have not joined, at the end. */
  readonly maxAbsent: number;
  /** How much of what was due may not have been sent. */
  readonly maxUnsentShare: number;
  /** How much of what was sent may have no acknowledgement at the end. */
  readonly maxUnacknowledgedShare: number;
  /** For how long a member may hear nothing, past what the plan itself leaves between two messages. */
  readonly maxSilenceMs: number;
  /** For how long the deployment may say of one room or book that it is stale; at 0 it may not say so at all. */
  readonly maxStaleMs: number;
  /** Connections refused or lost, requests refused. */
  readonly maxErrors: number;
  /** Announced gaps of members that read: `reset`, and resumes that could not be had. */
  readonly maxGaps: number;
  readonly maxP50Ms?: number;
  readonly maxP99Ms?: number;
  readonly maxP999Ms?: number;
  readonly maxAckP99Ms?: number;
  readonly maxConnectP99Ms?: number;
  /** Deliveries per second, on average. */
  readonly minThroughput?: number;
}
