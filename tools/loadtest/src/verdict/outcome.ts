import type { Faults } from '../check/faults.ts';
import type { StaleSpells } from '../check/staleness.ts';
import type { LatencySummary } from '../measure/latency-summary.ts';

/** What a run is judged by. */
export interface Outcome {
  readonly faults: Faults;
  readonly attendance: Attendance;
  /** Null where the plan publishes nothing. */
  readonly publishing: Publishing | null;
  readonly silence: SilenceSummary;
  readonly stale: StaleSpells;
  readonly errors: number;
  readonly deliveries: number;
  /** Null where there was no time to measure it in. */
  readonly deliveriesPerSecond: number | null;
  readonly wasInterrupted: boolean;
  readonly delivery: LatencySummary;
  readonly ack: LatencySummary;
  readonly connect: LatencySummary;
}

/** Who was there at the end. */
export interface Attendance {
  readonly expected: number;
  /** Not connected, or not joined. */
  readonly absent: number;
}

/** What became of what was to be published. */
export interface Publishing {
  readonly due: number;
  /** At least once; a message that is sent again counts once. */
  readonly sent: number;
  readonly acknowledged: number;
}

/** For how long those who listened heard nothing, each at its worst, while the load lasted. */
export interface SilenceSummary {
  /** Members of rooms in which somebody publishes, and watchers; not those who read slowly on purpose. */
  readonly listeners: number;
  /** What the plan leaves between two messages, at most. */
  readonly plannedMs: number;
  /** Null where nobody listened. */
  readonly medianMs: number | null;
  readonly longestMs: number | null;
  /** What `--max-silence` and the plan allow together. */
  readonly limitMs: number;
  /** Listeners past it. */
  readonly past: number;
}
