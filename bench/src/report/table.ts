import { type Bound, type Cell, type Column, isMet, type Report } from './report.ts';

const DEFAULT_DIGITS = 2;
const ABSENT = '–';

/** The report as text for a terminal: the table, and a line for each bound. */
export function formatReport({ title, columns, rows, bounds }: Report): string {
  const cells = rows.map((row) => columns.map((column) => formatCell(row[column.key], column)));
  const widths = columns.map(({ title: head }, index) =>
    Math.max(head.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const isNumber = columns.map(({ key }) => rows.some((row) => typeof row[key] === 'number'));
  const line = (texts: readonly string[]): string =>
    texts.map((text, i) => (isNumber[i] ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0))).join('  ');
  return [
    title,
    line(columns.map(({ title: head }) => head)),
    widths.map((width) => '─'.repeat(width)).join('  '),
    ...cells.map(line),
    '',
    ...bounds.map(formatBound),
    '',
  ].join('\n');
}

function formatCell(cell: Cell, { digits = DEFAULT_DIGITS }: Column): string {
  if (cell === undefined) return ABSENT;
  return typeof cell === 'number' ? cell.toFixed(digits) : cell;
}

function formatBound(bound: Bound): string {
  const { what, limit, measured } = bound;
  const figure = measured === undefined ? 'not measured' : measured.toFixed(DEFAULT_DIGITS);
  return `${isMet(bound) ? '✔' : '✘'} ${what}: ${figure} (at most ${String(limit)})`;
}
