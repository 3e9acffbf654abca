import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

import type { MessageVerdict } from '@outcry/testkit';

import { IS_LONG, SEED } from './scale.ts';

/** What one scenario has shown. */
export interface ScenarioRow {
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

const DIRECTORY = new URL('../../../artifacts/', import.meta.url);
/** Each test file runs in a worker of its own, so rows meet on disk. */
const ROWS = new URL('scenario.jsonl', DIRECTORY);
const TABLE = new URL('scenario.json', DIRECTORY);

const HEAD = ['fault', 'deliveries', 'lost', 'duplicated', 'out of order', 'time to repair', 'seed', 'remarks'];

/** What a row tells of a verdict; it may say more. */
type Judged = Pick<MessageVerdict, 'deliveries' | 'lost' | 'duplicated' | 'outOfOrder'> & Partial<MessageVerdict>;

/** Prints a row of the table at once, and keeps it for the whole table. */
export function addRow(
  fault: string,
  { deliveries, lost, duplicated, outOfOrder }: Judged,
  more: Pick<ScenarioRow, 'repairMs' | 'remarks'> = {},
): void {
  const row: ScenarioRow = { fault, deliveries, lost, duplicated, outOfOrder, ...more, seed: SEED };
  appendFileSync(ROWS, `${JSON.stringify(row)}\n`);
  process.stdout.write(`${cellsOf(row).join(' | ')}\n`);
}

/** Vitest's global set-up: begins an empty table. */
export function setup(): void {
  mkdirSync(DIRECTORY, { recursive: true });
  rmSync(ROWS, { force: true });
}

/** Vitest's global tear-down: prints the table and keeps it as `artifacts/scenario.json`. */
export function teardown(): void {
  const rows = readRows();
  if (rows.length === 0) return;
  writeFileSync(TABLE, `${JSON.stringify({ size: IS_LONG ? 'long' : 'short', rows }, undefined, 2)}\n`);
  rmSync(ROWS);
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  process.stdout.write(`\n${[lines[0], rule, ...lines.slice(1)].join('\n')}\n\n`);
}

function readRows(): readonly ScenarioRow[] {
  try {
    const lines = readFileSync(ROWS, 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as ScenarioRow);
  } catch {
    return [];
  }
}

function cellsOf({ fault, deliveries, lost, duplicated, outOfOrder, repairMs, remarks, seed }: ScenarioRow): string[] {
  const repair = repairMs === undefined ? '–' : `${(repairMs / 1000).toFixed(1)} s`;
  return [fault, deliveries, lost, duplicated, outOfOrder, repair, seed, remarks ?? ''].map(String);
}
