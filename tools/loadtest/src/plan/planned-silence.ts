import { longestTimeOf } from './due.ts';
import type { Plan } from './plan.ts';
import { Scenario } from './scenario.ts';

/** What a plan itself leaves between two messages of a room in which somebody publishes, or two frames of a book, at most. */
export function longestPlannedSilenceMs(plan: Plan): number {
  if (plan.scenario === Scenario.Feed) return plan.books.intervalMs;
  const { publishers, rooms } = plan;
  const publishersInRoom = Math.max(1, Math.floor(publishers / Math.min(rooms, publishers)));
  // They take turns, each room's among all of them.
  return longestTimeOf(publishers / publishersInRoom, plan);
}
