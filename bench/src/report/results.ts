import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Machine } from '../measure/machine.ts';
import { drawChart } from './chart.ts';
import { isMet, type Report } from './report.ts';

/** How the figures came about. */
export interface Provenance {
  readonly at: string;
  readonly command: string;
  readonly machine: Machine;
  /** Of the contestants, by name; or why one did not take part. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Writes a report as `<name>.json` and `<name>.svg`. */
export async function writeResults(folder: string, name: string, result: Report & Provenance): Promise<void> {
  const { chart, title, bounds, rows, columns, ...provenance } = result;
  mkdirSync(folder, { recursive: true });
  const judged = bounds.map((bound) => ({ ...bound, isMet: isMet(bound) }));
  const json = { title, ...provenance, bounds: judged, columns, rows };
  writeFileSync(resolve(folder, `${name}.json`), `${JSON.stringify(json, undefined, 2)}\n`);
  writeFileSync(resolve(folder, `${name}.svg`), `${await drawChart(chart)}\n`);
}
