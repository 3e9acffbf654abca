import type { MessageVerdict } from '@outcry/testkit';

import { SuiteTable } from '../../support/suite-table.ts';
import { IS_LONG, SEED } from './scale.ts';
import { STORE_KIND, type StoreKind } from './stores.ts';

/** What one scenario has shown. */
export interface ScenarioRow {
  readonly redis: StoreKind;
  readonly fault: string;
  readonly deliveries: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly outOfOrder: number;
  /** Milliseconds from the end of the fault until everybody was whole again; absent where nothing had to be repaired. */
  readonly repairMs?: number | undefined;
  readonly remarks?: string;
  readonly seed: number;
}

const TABLE = new SuiteTable<ScenarioRow>({
  name: 'scenario',
  head: ['Redis', 'fault', 'deliveries', 'lost', 'duplicated', 'out of order', 'time to repair', 'seed', 'remarks'],
  cellsOf,
  size: IS_LONG ? 'long' : 'short',
});

/** What a row tells of a verdict; it may say more. */
type Judged = Pick<MessageVerdict, 'deliveries' | 'lost' | 'duplicated' | 'outOfOrder'> & Partial<MessageVerdict>;

/** Prints a row of the table at once, and keeps it for the whole table. */
export function addRow(
  fault: string,
  { deliveries, lost, duplicated, outOfOrder }: Judged,
  more: Pick<ScenarioRow, 'repairMs' | 'remarks'> = {},
): void {
  TABLE.add({ redis: STORE_KIND, fault, deliveries, lost, duplicated, outOfOrder, ...more, seed: SEED });
}

/** Vitest's global set-up: begins an empty table. */
export function setup(): void {
  TABLE.begin();
}

/** Vitest's global tear-down: prints the table and keeps it as `artifacts/scenario.json`. */
export function teardown(): void {
  TABLE.finish();
}

function cellsOf({
  redis,
  fault,
  deliveries,
  lost,
  duplicated,
  outOfOrder,
  repairMs,
  remarks,
  seed,
}: ScenarioRow): string[] {
  const repair = repairMs === undefined ? '–' : `${(repairMs / 1000).toFixed(1)} s`;
  return [redis, fault, deliveries, lost, duplicated, outOfOrder, repair, seed, remarks ?? ''].map(String);
}
