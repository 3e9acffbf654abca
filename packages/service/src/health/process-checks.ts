import { closeSync, openSync } from 'node:fs';
import { devNull, totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

import type { Check } from './check.ts';
import type { LoopLag } from './loop-lag.ts';

/** From there on the rest is soon gone. */
const MAX_SHARE = 0.9;
/** Whoever waits so long for each turn of the loop waits for seconds in the end. */
const MAX_LAG_MS = 500;

/** What a process has, and may have. */
export interface ProcessFigures {
  readonly loopLagMs: number;
  readonly residentBytes: number;
  readonly maxResidentBytes: number;
  readonly heapBytes: number;
  readonly maxHeapBytes: number;
  /** At least so many are open. */
  readonly openFiles: number;
  readonly maxOpenFiles: number;
}

/** Reads what there is to check of this process; a fraction of a millisecond. */
export class ProcessReader {
  readonly #loopLag: Pick<LoopLag, 'meanMs'>;
  readonly #maxOpenFiles = maxOpenFiles();

  constructor(loopLag: Pick<LoopLag, 'meanMs'>) {
    this.#loopLag = loopLag;
  }

  read(): ProcessFigures {
    const { used_heap_size: heapBytes, heap_size_limit: maxHeapBytes } = getHeapStatistics();
    return {
      loopLagMs: Math.round(this.#loopLag.meanMs),
      residentBytes: process.memoryUsage.rss(),
      maxResidentBytes: maxResidentBytes(),
      heapBytes,
      maxHeapBytes,
      openFiles: countOpenFiles(this.#maxOpenFiles),
      maxOpenFiles: this.#maxOpenFiles,
    };
  }
}

/** What every process needs, whatever it does. */
export function checkProcess(figures: ProcessFigures): readonly Check[] {
  const { loopLagMs, residentBytes, maxResidentBytes, heapBytes, maxHeapBytes, openFiles, maxOpenFiles } = figures;
  const isLate = loopLagMs > MAX_LAG_MS;
  return [
    { name: 'eventLoop', reason: isLate ? `the event loop is ${String(loopLagMs)} ms late` : undefined },
    {
      name: 'memory',
      reason: nearlyAll(residentBytes, maxResidentBytes, 'memory') ?? nearlyAll(heapBytes, maxHeapBytes, 'the heap'),
    },
    { name: 'descriptors', reason: nearlyAll(openFiles, maxOpenFiles, 'file descriptors') },
  ];
}

function nearlyAll(used: number, max: number, what: string): string | undefined {
  if (used <= max * MAX_SHARE) return undefined;
  return `${String(Math.round((used / max) * 100))} % of ${what} is used`;
}

/** What the process may have, by its container or else by the machine. */
function maxResidentBytes(): number {
  const constrained = process.constrainedMemory();
  // 0 where there is no limit, or one of nearly 2^64.
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/**
 * The kernel gives out the lowest descriptor that is free: all below it are open. Cheap however many there are, unlike a list of them,
 * and never too many; those above one that was closed a moment ago are left out.
 */
function countOpenFiles(max: number): number {
  try {
    const lowest = openSync(devNull, 'r');
    closeSync(lowest);
    return lowest;
  } catch {
    return max;
  }
}

/** How many files this process may have open at once (`ulimit -n`; Node raises the soft limit to the hard one as it starts). */
export function maxOpenFiles(): number {
  const { userLimits } = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft: number | 'unlimited' } };
  };
  const soft = userLimits?.open_files?.soft;
  // On Windows there is no such limit.
  return typeof soft === 'number' ? soft : Infinity;
}
