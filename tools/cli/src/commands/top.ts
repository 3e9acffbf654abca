import { setTimeout as sleep } from 'node:timers/promises';

import type { ServerApi } from '../connection/server-api.ts';
import type { Output, Screen } from '../output/output.ts';
import { printable } from '../output/printable.ts';
import { formatBytes } from '../output/quantities.ts';
import { formatTable } from '../output/table.ts';

export const TOP_SORTS = ['time', 'count', 'bytes', 'unread'] as const;
export type TopSort = (typeof TOP_SORTS)[number];

export interface TopContext {
  readonly api: Pick<ServerApi, 'call'>;
  readonly output: Output;
  /** Aborts at Ctrl-C, and when whoever read the output has gone. */
  readonly signal: AbortSignal;
}

export interface TopOptions {
  readonly sort: TopSort;
  /** Of each table. */
  readonly rows: number;
}

/** The server API's `top`. Whoever answers may be anything. */
type Answer = Readonly<Record<string, unknown>>;
type Row = Readonly<Record<string, unknown>>;
type Figures = readonly (readonly [head: string, format: (row: Row) => string])[];

/** For how long gateways go on when nobody asks any more. */
const SECONDS = 10;
const ASK_EVERY_MS = 1000;
/** Gateways answer two seconds after they were asked first; one of an earlier version never does. */
const MAX_ASKS = 6;

/**
 * Shows what costs the most, a table for each kind of thing: drawn again every second, until Ctrl-C. In a pipe, and with `--json`, once,
 * with the answer as the server API gave it.
 */
export async function top(
  { api, output, signal }: TopContext,
  options: TopOptions,
  askEveryMs = ASK_EVERY_MS,
): Promise<void> {
  const { screen } = output;
  for (let asks = 1; ; asks += 1) {
    const answer = await api.call('top', { seconds: SECONDS });
    const isWhole = rowsOf(answer, 'nodes').length > 0 && rowsOf(answer, 'silent').length === 0;
    if (screen !== undefined) {
      screen.draw(fit(describe(answer, options), screen));
    } else if (isWhole || asks === MAX_ASKS) {
      output.write(describe(answer, options).join('\n'), answer);
      return;
    }
    await sleep(askEveryMs, undefined, { signal });
  }
}

/** Only as much as the screen has room for. */
function fit(lines: readonly string[], { rows }: Pick<Screen, 'rows'>): readonly string[] {
  return lines.slice(0, Math.max(1, rows - 1));
}

const LOOP: Figures[number] = ['LOOP', (row) => formatShare(figureOf(row, 'loopMs') / 1000)];
const STREAM_FIGURES: Figures = [
  LOOP,
  ['MESSAGES/S', (row) => formatRate(figureOf(row, 'messages'))],
  ['OUT/S', (row) => formatBytes(figureOf(row, 'bytes'))],
];
const CONNECTION_FIGURES: Figures = [
  LOOP,
  ['REQUESTS/S', (row) => formatRate(figureOf(row, 'requests'))],
  ['IN/S', (row) => formatBytes(figureOf(row, 'bytesIn'))],
  ['OUT/S', (row) => formatBytes(figureOf(row, 'bytesOut'))],
  ['UNREAD', (row) => formatBytes(figureOf(row, 'unreadBytes'))],
  ['HELD BACK', (row) => formatShare(figureOf(row, 'heldBack'))],
];
const COMMAND_FIGURES: Figures = [LOOP, ['REQUESTS/S', (row) => formatRate(figureOf(row, 'requests'))]];

function describe(answer: Answer, { sort, rows: count }: TopOptions): readonly string[] {
  const silent = Array.isArray(answer['silent']) ? answer['silent'].map(String) : [];
  const first = (part: string): readonly Row[] => sorted(rowsOf(answer, part), sort).slice(0, count);
  const nodes = rowsOf(answer, 'nodes').slice(0, count);
  return [
    ...table(nodes, ['node'], [['BUSY', (row) => formatShare(figureOf(row, 'busy'))]]),
    ...silent.map((node) => printable(`${node}: nothing yet`)),
    ...table(first('rooms'), ['room'], STREAM_FIGURES),
    ...table(first('books'), ['book'], STREAM_FIGURES),
    ...table(first('connections'), ['connection', 'user', 'node'], CONNECTION_FIGURES),
    ...table(first('commands'), ['command'], COMMAND_FIGURES),
  ];
}

/** Behind an empty line, where there is anything to show. */
function table(rows: readonly Row[], names: readonly string[], figures: Figures): readonly string[] {
  if (rows.length === 0) return [];
  const head = [...names.map((name) => name.toUpperCase()), ...figures.map(([title]) => title)];
  const cells = rows.map((row) => [
    ...names.map((name) => printable(textOf(row, name))),
    ...figures.map(([, format]) => format(row)),
  ]);
  return [...formatTable([head, ...cells]).split('\n'), ''];
}

const SORTED_BY: Readonly<Record<TopSort, (row: Row) => number>> = {
  time: (row) => figureOf(row, 'loopMs'),
  count: (row) => figureOf(row, 'messages') + figureOf(row, 'requests'),
  bytes: (row) => figureOf(row, 'bytes') + figureOf(row, 'bytesIn') + figureOf(row, 'bytesOut'),
  unread: (row) => figureOf(row, 'unreadBytes'),
};

/** By what was asked for; those that have the same of it, as nothing at all, stay in their order, which is by time. */
function sorted(rows: readonly Row[], sort: TopSort): readonly Row[] {
  const by = SORTED_BY[sort];
  return [...rows].sort((a, b) => by(b) - by(a));
}

function rowsOf(answer: Answer, part: string): readonly Row[] {
  const rows = answer[part];
  return Array.isArray(rows) ? rows.map((row) => Object(row) as Row) : [];
}

function textOf(row: Row, name: string): string {
  const text = row[name];
  return typeof text === 'string' ? text : '-';
}

function figureOf(row: Row, name: string): number {
  const figure = row[name];
  return typeof figure === 'number' ? figure : 0;
}

function formatRate(perSecond: number): string {
  return perSecond.toFixed(perSecond < 10 ? 1 : 0);
}

/** Of one core, or of the time. */
function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
