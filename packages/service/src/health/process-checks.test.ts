import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

import { describe, expect, it } from 'vitest';

import { checkProcess, type ProcessFigures, ProcessReader } from './process-checks.ts';

const MIB = 1024 ** 2;
const WELL: ProcessFigures = {
  loopLagMs: 3,
  residentBytes: 100 * MIB,
  maxResidentBytes: 1000 * MIB,
  heapBytes: 50 * MIB,
  maxHeapBytes: 500 * MIB,
  openFiles: 100,
  maxOpenFiles: 1000,
};

/** Why each check is not well, by its name. */
function reasons(figures: Partial<ProcessFigures>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    checkProcess({ ...WELL, ...figures }).flatMap(({ name, reason }) => (reason === undefined ? [] : [[name, reason]])),
  );
}

describe('the checks of a process', () => {
  it('are well up to nine tenths of what it may have', () => {
    expect(reasons({})).toEqual({});
    expect(reasons({ residentBytes: 900 * MIB, heapBytes: 450 * MIB, openFiles: 900, loopLagMs: 500 })).toEqual({});
    expect(reasons({ maxOpenFiles: Infinity })).toEqual({});
  });

  it('say what is nearly used up', () => {
    expect(reasons({ loopLagMs: 501 })).toEqual({ eventLoop: 'the event loop is 501 ms late' });
    expect(reasons({ residentBytes: 950 * MIB })).toEqual({ memory: '95 % of memory is used' });
    expect(reasons({ heapBytes: 475 * MIB })).toEqual({ memory: '95 % of the heap is used' });
    expect(reasons({ openFiles: 1000 })).toEqual({ descriptors: '100 % of file descriptors is used' });
  });

  it('keep no traffic away: clients are better served late than by nobody', () => {
    expect(checkProcess({ ...WELL, loopLagMs: 5000 }).some(({ isBlocking }) => isBlocking === true)).toBe(false);
  });
});

describe('the figures of a process', () => {
  it('are those of this one, and count every file that it opens', () => {
    const reader = new ProcessReader({ meanMs: 12.6 });
    const before = reader.read();
    expect(before).toMatchObject({ loopLagMs: 13 });
    expect(before.residentBytes).toBeGreaterThan(before.heapBytes);
    expect(before.maxResidentBytes).toBeGreaterThan(before.residentBytes);
    expect(before.maxHeapBytes).toBeGreaterThan(before.heapBytes);
    const opened = Array.from({ length: 100 }, () => openSync(devNull, 'r'));
    expect(reader.read().openFiles).toBeGreaterThanOrEqual(before.openFiles + opened.length);
    expect(before.maxOpenFiles).toBeGreaterThan(before.openFiles);
    for (const file of opened) closeSync(file);
  });
});
