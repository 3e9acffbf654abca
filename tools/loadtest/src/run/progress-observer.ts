import type { Tally } from './tally.ts';
import type { TimelinePoint } from '../result/timeline-point.ts';

/** What a run is at. */
export const Phase = { Connecting: 'connecting', Loading: 'loading', Settling: 'settling' } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

export interface Progress {
  readonly phase: Phase;
  /** The last second. */
  readonly point: TimelinePoint;
  /** Everything so far. */
  readonly tally: Tally;
}

/** Who watches a run. */
export interface ProgressObserver {
  entered(phase: Phase): void;
  sampled(progress: Progress): void;
  /** The run is over, well or not. */
  ended(): void;
}
