import { report } from 'node:process';

import { UsageError } from './usage-error.ts';

/** What the process needs besides its connections: standard streams, event loops, the files of the report. */
const SPARE_DESCRIPTORS = 100;

/**
 * Refuses more connections than the process may have files.
 *
 * @throws UsageError that names the limit and how to raise it
 */
export function checkFileDescriptors(connections: number, limit: number = fileDescriptorLimit()): void {
  const needed = connections + SPARE_DESCRIPTORS;
  if (needed <= limit) return;
  throw new UsageError(
    `${String(connections)} connections need ${String(needed)} file descriptors; this shell allows ${String(limit)}\n` +
      `  Raise the limit in this shell (ulimit -n ${String(needed)}), or use --connections ${String(Math.max(1, limit - SPARE_DESCRIPTORS))}.`,
  );
}

/** How many files this process may open. Node raises its soft limit to the hard one when it starts. */
function fileDescriptorLimit(): number {
  const summary: unknown = report.getReport();
  return openFilesIn(summary) ?? Infinity;
}

/** Absent on Windows, where there is no such limit. */
function openFilesIn(summary: unknown): number | undefined {
  const limits = fieldOf(summary, 'userLimits');
  const soft = fieldOf(fieldOf(limits, 'open_files'), 'soft');
  return typeof soft === 'number' ? soft : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
