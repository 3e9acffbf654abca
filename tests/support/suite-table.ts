import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const DIRECTORY = new URL('../../artifacts/', import.meta.url);

export interface SuiteTableOptions<Row> {
  /** Of the suite: the table is kept as `artifacts/<name>.json`. */
  readonly name: string;
  readonly head: readonly string[];
  readonly cellsOf: (row: Row) => readonly string[];
  readonly size: 'short' | 'long';
}

/** What the tests of a suite have shown, a row each. Every test file runs in a worker of its own, so rows meet on disk. */
export class SuiteTable<Row> {
  readonly #options: SuiteTableOptions<Row>;
  readonly #rows: URL;
  readonly #table: URL;

  constructor(options: SuiteTableOptions<Row>) {
    this.#options = options;
    this.#rows = new URL(`${options.name}.jsonl`, DIRECTORY);
    this.#table = new URL(`${options.name}.json`, DIRECTORY);
  }

  /** Empties it. */
  begin(): void {
    mkdirSync(DIRECTORY, { recursive: true });
    rmSync(this.#rows, { force: true });
  }

  /** Prints a row at once, and keeps it for the whole table. */
  add(row: Row): void {
    appendFileSync(this.#rows, `${JSON.stringify(row)}\n`);
    process.stdout.write(`${this.#options.cellsOf(row).join(' | ')}\n`);
  }

  /** Prints the whole table, and keeps it. */
  finish(): void {
    const rows = this.#read();
    if (rows.length === 0) return;
    const { head, cellsOf, size } = this.#options;
    writeFileSync(this.#table, `${JSON.stringify({ size, rows }, undefined, 2)}\n`);
    rmSync(this.#rows);
    const cells = [head, ...rows.map(cellsOf)];
    const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
    const lines = cells.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
    const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
    process.stdout.write(`\n${[lines[0], rule, ...lines.slice(1)].join('\n')}\n\n`);
  }

  #read(): readonly Row[] {
    try {
      const lines = readFileSync(this.#rows, 'utf8').trimEnd().split('\n');
      return lines.map((line) => JSON.parse(line) as Row);
    } catch {
      return [];
    }
  }
}
