import type { LatencyCounts } from './latencies.ts';

/** Events since the last sample. */
export interface Counters {
  /** Messages that the plan wanted published. */
  readonly due: number;
  /** Those of them that were sent; the others wait for a publisher that comes back, or were too many. */
  readonly published: number;
  /** Messages whose place was told; or that came to a guest itself, which had lost its connection before. */
  readonly acknowledged: number;
  /** Times that a message was published again, under its key, because it had no answer or one that said "later". */
  readonly repeats: number;
  /** Messages without an answer when a guest lost its connection: as another guest, it cannot ask again. */
  readonly unknown: number;
  /** Messages and book frames that came. */
  readonly delivered: number;
  /** Messages among them that came on a resume: their latency tells how long the member was away. */
  readonly caughtUp: number;
  readonly bytes: number;
  readonly connects: number;
  /** Joins with `since`. */
  readonly resumes: number;
  /** `lagging` frames. */
  readonly lagging: number;
  /** Slow readers that were sent away, as they should be. */
  readonly evicted: number;
  /** Book snapshots; each watcher gets one to begin with. */
  readonly snapshots: number;
}

/** What came from one target since the last sample. */
export interface TargetSample {
  /** Now. */
  readonly connected: number;
  readonly delivered: number;
  /** Of members that read; slow ones are apart. */
  readonly delivery: LatencyCounts;
}

/** What one worker saw since its last sample. */
export interface Sample {
  readonly counters: Counters;
  /** One for each URL of the plan, in its order. */
  readonly targets: readonly TargetSample[];
  readonly slowDelivery: LatencyCounts;
  readonly ack: LatencyCounts;
  readonly connect: LatencyCounts;
  readonly join: LatencyCounts;
  /** What went wrong, and how often. */
  readonly errors: readonly (readonly [what: string, count: number])[];
  /** 0 to 1: how much of the time the worker's event loop was at work. */
  readonly eventLoop: number;
  /** How late the worker was at most with what it had to send. */
  readonly paceLagMs: number;
}

export const NO_COUNTERS: Counters = {
  due: 0,
  published: 0,
  acknowledged: 0,
  repeats: 0,
  unknown: 0,
  delivered: 0,
  caughtUp: 0,
  bytes: 0,
  connects: 0,
  resumes: 0,
  lagging: 0,
  evicted: 0,
  snapshots: 0,
};

export function addCounters(a: Counters, b: Counters): Counters {
  return {
    due: a.due + b.due,
    published: a.published + b.published,
    acknowledged: a.acknowledged + b.acknowledged,
    repeats: a.repeats + b.repeats,
    unknown: a.unknown + b.unknown,
    delivered: a.delivered + b.delivered,
    caughtUp: a.caughtUp + b.caughtUp,
    bytes: a.bytes + b.bytes,
    connects: a.connects + b.connects,
    resumes: a.resumes + b.resumes,
    lagging: a.lagging + b.lagging,
    evicted: a.evicted + b.evicted,
    snapshots: a.snapshots + b.snapshots,
  };
}
