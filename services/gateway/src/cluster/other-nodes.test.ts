import { describe, expect, it } from 'vitest';

import { encodeNodeReport, type NodeReport } from './node-report.ts';
import { readOthersTake } from './other-nodes.ts';

const REPORT: NodeReport = { node: 'n', startedAt: 0, connections: 1, rooms: 0, books: 0, isReady: true };

function roster(reports: Readonly<Record<string, Partial<NodeReport> | string>>) {
  const entries = Object.entries(reports).map(([id, report]) => ({
    id,
    report: typeof report === 'string' ? report : encodeNodeReport({ ...REPORT, ...report }),
  }));
  return { list: () => Promise.resolve(entries) };
}

describe('readOthersTake', () => {
  it('adds up what those that are ready can take, but not this one', async () => {
    const nodes = roster({ own: { takesPerSecond: 900 }, a: { takesPerSecond: 200 }, b: { takesPerSecond: 50 } });
    expect(await readOthersTake(nodes, 'own')).toBe(250);
  });

  it('counts nothing of one that is not ready, or not understood', async () => {
    const nodes = roster({ own: {}, going: { takesPerSecond: 200, isReady: false }, strange: '{}' });
    expect(await readOthersTake(nodes, 'own')).toBe(0);
  });

  it('takes one that does not say it for one that can take some', async () => {
    expect(await readOthersTake(roster({ old: {} }), 'own')).toBe(100);
  });
});
