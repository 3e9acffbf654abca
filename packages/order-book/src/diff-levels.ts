import { type Level, Side } from './level.ts';

/**
 * The levels that turn one view of a side into another: applied to `before` they give `after`. A level that is no longer in
 * the view is told with size 0, also where it still rests in the book beyond the view's depth. Both views and the result
 * run best first.
 */
export function diffLevels(before: readonly Level[], after: readonly Level[], side: Side): Level[] {
  const isBetter = (price: number, other: number): boolean => (side === Side.Bids ? price > other : price < other);
  const changes: Level[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const old = before[i];
    const now = after[j];
    if (old === undefined && now === undefined) return changes;
    // Unchanged levels are mostly the very same tuple, so the common case costs one comparison.
    if (old === now) {
      i++;
      j++;
      continue;
    }
    const isGone = now === undefined || (old !== undefined && isBetter(old[0], now[0]));
    const isNew = old === undefined || (now !== undefined && isBetter(now[0], old[0]));
    if (isGone && old !== undefined) changes.push([old[0], 0]);
    else if (now !== undefined && (isNew || now[1] !== old[1])) changes.push(now);
    if (!isNew) i++;
    if (!isGone) j++;
  }
}
