import type { RoomClaims } from '../check/claims.ts';
import type { Faults } from '../check/faults.ts';
import type { HeadEntries } from '../check/heads.ts';
import type { StaleSpells } from '../check/staleness.ts';
import type { Sample } from '../measure/sample.ts';
import type { Access, Plan } from '../plan/plan.ts';

/** What a worker thread is started with: it runs the connections `index`, `index + workers`, … of the plan. */
export interface WorkerTask {
  readonly plan: Plan;
  readonly access: Access;
  readonly index: number;
}

/** Run → worker, in this order; `sample` at any time. */
export type ToWorker =
  /** Publish, come and go, read slowly. */
  | { readonly type: 'begin' }
  /** Enough of that; wait for what is not yet acknowledged, for as long as anything comes. Answer: `stopped`. */
  | { readonly type: 'stop' }
  /** Wait until everybody has got as far as this, for as long as anything comes. Answer: `settled`. */
  | { readonly type: 'settle'; readonly heads: HeadEntries }
  /** Judge and end. Answer: `finished`. */
  | { readonly type: 'finish' }
  | { readonly type: 'sample' };

/** Worker → run. */
export type FromWorker =
  /** Every client of the worker is where it should be, or has been told to stay away. */
  | { readonly type: 'ready' }
  | { readonly type: 'sample'; readonly sample: Sample; readonly claims: readonly RoomClaims[] }
  | { readonly type: 'stopped'; readonly heads: HeadEntries }
  | { readonly type: 'settled' }
  | {
      readonly type: 'finished';
      readonly sample: Sample;
      readonly claims: readonly RoomClaims[];
      readonly verdict: CrewVerdict;
    };

/** What a worker says of its clients at the end. */
export interface CrewVerdict {
  /** Of clients that read. */
  readonly faults: Faults;
  /** Of the slow readers, who are not held to the thresholds for gaps. */
  readonly slowFaults: Faults;
  /** Rooms and epochs in which a gap was announced. */
  readonly broken: readonly string[];
  /** Clients that are to be connected and to have joined. */
  readonly expected: number;
  /** Those of them that are not. */
  readonly absent: number;
  /** For each client that listened: for how long it heard nothing, at most. */
  readonly silencesMs: readonly number[];
  readonly stale: StaleSpells;
}
