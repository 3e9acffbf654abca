import type { Contestant } from '../contestants/contestant.ts';
import type { Report } from '../report/report.ts';

/** What every experiment of a run works with. */
export interface ExperimentContext {
  readonly redisUrl: string;
  /** Those that take part, in the order in which they are shown. */
  readonly contestants: readonly Contestant[];
  /** Times that each figure is measured; the median counts. */
  readonly rounds: number;
  /** Shorter rounds: figures to look at, not to keep. */
  readonly isQuick: boolean;
  /** Tells whoever waits what is going on. */
  readonly progress: (line: string) => void;
}

export interface Experiment {
  /** As it is given to `--only`. */
  readonly name: string;
  readonly summary: string;
  readonly run: (context: ExperimentContext) => Promise<Report>;
}
