import { basename } from 'node:path';

import type { Mutant } from './suite.ts';

/** A fault that no test catches, and that does no harm. */
export interface Survivor {
  /** As `describeMutant` writes it. */
  readonly mutant: string;
  /** Two places of a file may read the same. */
  readonly times: number;
  readonly why: string;
}

const MAX_LENGTH = 90;
const ITEM = /^- (?<mutant>`.+?)(?: \((?<times>\d+) times\))?$/;

/** A fault as the list of survivors names it: without its line, which moves. */
export function describeMutant({ file, original, replacement }: Mutant): string {
  return `${code(basename(file))}: ${code(original)} → ${code(replacement)}`;
}

function code(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('`', "'").trim();
  return line === '' ? 'nothing' : `\`${line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line}\``;
}

/**
 * What a folder's section of the list holds: paragraphs, each the reason for the items below it.
 *
 * @throws Error where an item has no reason, or does not read as one
 */
export function readSurvivors(list: string, folder: string): readonly Survivor[] {
  const survivors: Survivor[] = [];
  let why = '';
  let isBelowItem = false;
  for (const line of sectionOf(list, folder)) {
    if (line.startsWith('- ')) {
      survivors.push(readItem(line, why));
      isBelowItem = true;
    } else if (line !== '') {
      why = isBelowItem || why === '' ? line : `${why} ${line}`;
      isBelowItem = false;
    }
  }
  return survivors;
}

function sectionOf(list: string, folder: string): readonly string[] {
  const lines = list.split('\n').map((line) => line.trim());
  const start = lines.indexOf(`## ${folder}`);
  if (start < 0) return [];
  const end = lines.findIndex((line, i) => i > start && line.startsWith('## '));
  return lines.slice(start + 1, end < 0 ? undefined : end);
}

function readItem(line: string, why: string): Survivor {
  const { mutant, times = '1' } = ITEM.exec(line)?.groups ?? {};
  if (mutant === undefined)
    throw new Error(`expected "- \`file\`: \`code\` → \`code\`" in the list of survivors: ${line}`);
  if (why === '') throw new Error(`expected a sentence above it that says why it does no harm: ${line}`);
  return { mutant, times: Number(times), why };
}
