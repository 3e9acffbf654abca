import type { Profiler } from 'node:inspector';

import { describe, expect, it } from 'vitest';

import { cut, layOut } from './flame-graph.ts';

function node(id: number, functionName: string, children: number[] = []): Profiler.ProfileNode {
  const callFrame = { functionName, scriptId: '0', url: '', lineNumber: 0, columnNumber: 0 };
  return { id, callFrame, children };
}

describe('layOut', () => {
  it('gives each function the time of its own and of what it calls, and none to idleness', () => {
    const boxes = layOut({
      nodes: [
        node(1, '(root)', [2, 4, 5]),
        node(2, 'outer', [3]),
        node(3, 'inner'),
        node(4, 'other'),
        node(5, '(idle)'),
      ],
      startTime: 0,
      endTime: 1000,
      samples: [2, 3, 4, 5],
      timeDeltas: [10, 30, 60, 900],
    });
    expect(boxes.map(({ name, depth, from, to }) => ({ name, depth, from, to }))).toEqual([
      { name: '(root)', depth: 0, from: 0, to: 1 },
      { name: 'outer', depth: 1, from: 0, to: 0.4 },
      { name: 'inner', depth: 2, from: 0, to: 0.3 },
      { name: 'other', depth: 1, from: 0.4, to: 1 },
    ]);
  });
});

describe('cut', () => {
  it('keeps what was sampled between two moments before the end', () => {
    const profile = {
      nodes: [],
      startTime: 0,
      endTime: 10_000,
      samples: [1, 2, 3, 4],
      timeDeltas: [1000, 2000, 3000, 4000],
    };
    const { samples, timeDeltas } = cut(profile, { fromMs: 7, toMs: 2 });
    expect(samples).toEqual([2, 3]);
    expect(timeDeltas).toEqual([2000, 3000]);
  });
});
