import { expect, it } from 'vitest';

import { TraceSource } from './observability/trace-metrics.ts';
import { TraceBudget } from './trace-budget.ts';

/** How many of so many may be traced at a time. */
function takenOf(budget: TraceBudget, messages: number, take: (budget: TraceBudget) => boolean): number {
  return Array.from({ length: messages }, () => take(budget)).filter(Boolean).length;
}

it('gives one sender a quarter, all senders the whole, and takes nothing of another source for it', () => {
  const budget = new TraceBudget(8);
  const [loud, quiet] = [{}, {}];
  expect(takenOf(budget, 1000, (each) => each.take(TraceSource.Client, 0, loud))).toBe(2);
  expect(takenOf(budget, 1000, (each) => each.take(TraceSource.Client, 0, quiet))).toBe(2);
  expect(takenOf(budget, 1000, (each) => each.take(TraceSource.Client, 0, {}))).toBe(4);
  expect(takenOf(budget, 1000, (each) => each.take(TraceSource.Server, 0))).toBe(8);
  expect(takenOf(budget, 1000, (each) => each.take(TraceSource.Broker, 0))).toBe(8);
});

it('gives so many again each second, and no more for a time in which none came', () => {
  const budget = new TraceBudget(8);
  const sender = {};
  const takeAt = (now: number) => (each: TraceBudget) => each.take(TraceSource.Client, now, sender);
  expect(takenOf(budget, 10, takeAt(0))).toBe(2);
  expect(takenOf(budget, 10, takeAt(500))).toBe(1);
  expect(takenOf(budget, 10, takeAt(3_600_000))).toBe(2);
});

it('lets a sender have one where a quarter is less', () => {
  const budget = new TraceBudget(1);
  expect(takenOf(budget, 10, (each) => each.take(TraceSource.Client, 0, each))).toBe(1);
});
