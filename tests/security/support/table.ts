import { SuiteTable } from '../../support/suite-table.ts';
import { IS_LONG } from './scale.ts';

/** What came of one attack. */
export interface AttackRow {
  readonly attack: string;
  readonly tried: number;
  /** Of those tried. */
  readonly refused: number;
  /** The same process runs, and has logged no error. */
  readonly hasSurvived: boolean;
  /** Milliseconds that somebody else waited at most for an answer meanwhile; absent where nobody else was there. */
  readonly slowestAnswerMs?: number;
  readonly remarks?: string;
}

const TABLE = new SuiteTable<AttackRow>({
  name: 'security',
  head: ['attack', 'tried', 'refused as expected', 'process survived', 'slowest answer to a bystander', 'remarks'],
  cellsOf: ({ attack, tried, refused, hasSurvived, slowestAnswerMs, remarks = '' }) => [
    attack,
    String(tried),
    String(refused),
    hasSurvived ? 'yes' : 'no',
    slowestAnswerMs === undefined ? '–' : `${slowestAnswerMs.toFixed(0)} ms`,
    remarks,
  ],
  size: IS_LONG ? 'long' : 'short',
});

export function addRow(row: AttackRow): void {
  TABLE.add(row);
}

/** Vitest's global set-up: begins an empty table. */
export function setup(): void {
  TABLE.begin();
}

/** Vitest's global tear-down: prints the table and keeps it as `artifacts/security.json`. */
export function teardown(): void {
  TABLE.finish();
}
