import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { PartitionFigures } from './partition-figures.ts';

const NOW = 1_790_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

it('counts for all partitions, and for its own', () => {
  const counted: string[] = [];
  const figures = new PartitionFigures({
    countStored: ({ stored }) => counted.push(`stored ${String(stored)}`),
    countGaps: ({ length }) => counted.push(`gaps ${String(length)}`),
    countExpired: (messages) => counted.push(`expired ${String(messages)}`),
    countFault: () => counted.push('fault'),
    setBacklog: (partition, messages) => counted.push(`backlog ${partition} ${String(messages)}`),
  });
  expect(figures.all).toEqual({ stored: 0, gaps: 0, waiting: 0, lagMs: 0 });
  figures.countStored({ stored: 5, known: 0, oldest: NOW - 250 });
  figures.countStored({ stored: 2, known: 1, oldest: NOW - 40 });
  // What was known already says nothing of how far behind it is.
  figures.countStored({ stored: 0, known: 3, oldest: NOW - 90_000 });
  figures.countGaps([{ reason: 'trimmed' }]);
  figures.countExpired(4);
  figures.countFault();
  figures.setBacklog('3', 70);
  expect(figures.all).toEqual({ stored: 7, gaps: 1, waiting: 70, lagMs: 40 });
  expect(counted).toEqual(['stored 5', 'stored 2', 'stored 0', 'gaps 1', 'expired 4', 'fault', 'backlog 3 70']);
});
