import type { LoadRequest } from '../plan/load-request.ts';
import type { Scenario } from '../plan/scenario.ts';
import type { Thresholds } from '../verdict/thresholds.ts';

/** In place of a file's name. */
export const STANDARD_OUTPUT = '-';

/** What the command line says. */
export interface Invocation {
  /** In the order in which they run. */
  readonly scenarios: readonly Scenario[];
  readonly load: LoadRequest;
  readonly thresholds: Thresholds;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly isInsecure: boolean;
  readonly htmlFile?: string;
  /** A file, or `STANDARD_OUTPUT`. */
  readonly jsonFile?: string;
  readonly isQuiet: boolean;
}
