import { OutcryError } from '@outcry/broker';

import type { DepthSnapshot, DepthUpdate } from './depth-frames.ts';

/** Updates kept while the snapshot is awaited: more than a quarter of an hour of a 100 ms stream. Past it, the feed fails. */
const MAX_BUFFERED_UPDATES = 10_000;

/**
 * Joins a depth stream to a REST snapshot by Binance's rules, so that applying what comes out, in order, gives the book.
 *
 * Updates that come before the snapshot are kept. Spot: those with `u <= lastUpdateId` are dropped, the first applied one
 * contains `lastUpdateId + 1`, and each `U` is the previous `u` plus one. Futures: those with `u < lastUpdateId` are
 * dropped, the first applied one contains `lastUpdateId`, and each `pu` is the previous `u`. One whose `pu` is the
 * `lastUpdateId` follows the snapshot just as well: it is what comes next in a book that was quiet. Whatever breaks this is
 * an `OutcryError` of code `badFeed`: the book cannot be known from there on.
 */
export class DepthAlignment<Update extends DepthUpdate> {
  #waiting: Update[] = [];
  #snapshotId: number | undefined;
  /** The last applied update's `u`; undefined until the first one has met the snapshot. */
  #lastId: number | undefined;

  get hasSnapshot(): boolean {
    return this.#snapshotId !== undefined;
  }

  /** Gives back the updates received so far. They are accepted again, in order, now that the snapshot is known. */
  acceptSnapshot(snapshot: DepthSnapshot): readonly Update[] {
    if (this.#snapshotId !== undefined) throw new OutcryError('badFeed', 'a second depth snapshot came');
    this.#snapshotId = snapshot.lastId;
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** Whether the update is to be applied now. If not, it is older than the snapshot, or kept until there is one. */
  acceptUpdate(update: Update): boolean {
    if (this.#snapshotId === undefined) {
      this.#keep(update);
      return false;
    }
    if (this.#lastId === undefined) {
      if (isOlder(update, this.#snapshotId)) return false;
      checkFirst(update, this.#snapshotId);
    } else {
      checkNext(update, this.#lastId);
    }
    this.#lastId = update.lastId;
    return true;
  }

  #keep(update: Update): void {
    if (this.#waiting.length >= MAX_BUFFERED_UPDATES) {
      throw new OutcryError('badFeed', `no depth snapshot came with the first ${String(MAX_BUFFERED_UPDATES)} events`);
    }
    this.#waiting.push(update);
  }
}

/**
 * Whether the snapshot is so old that the stream's first update does not meet it any more: nothing but a newer snapshot helps.
 */
export function isBehindStream(snapshot: DepthSnapshot, first: DepthUpdate): boolean {
  return !isOlder(first, snapshot.lastId) && !meets(first, snapshot.lastId);
}

function isFutures(update: DepthUpdate): boolean {
  return update.previousLastId !== undefined;
}

function isOlder(update: DepthUpdate, snapshotId: number): boolean {
  return isFutures(update) ? update.lastId < snapshotId : update.lastId <= snapshotId;
}

/** What is not older ends behind the snapshot, so it meets the snapshot unless it also begins behind it. */
function meets(update: DepthUpdate, snapshotId: number): boolean {
  if (!isFutures(update)) return update.firstId <= snapshotId + 1;
  return update.firstId <= snapshotId || update.previousLastId === snapshotId;
}

function checkFirst(update: DepthUpdate, snapshotId: number): void {
  if (!meets(update, snapshotId)) {
    throw new OutcryError(
      'badFeed',
      `a gap behind the snapshot: it ends at update ${String(snapshotId)}, the first event begins at ${String(update.firstId)}`,
    );
  }
}

function checkNext(update: DepthUpdate, lastId: number): void {
  const [found, expected] = isFutures(update) ? [update.previousLastId, lastId] : [update.firstId, lastId + 1];
  if (found === expected) return;
  const name = isFutures(update) ? 'pu' : 'U';
  throw new OutcryError(
    'badFeed',
    `a gap in the depth stream: ${name} is ${String(found)}, expected ${String(expected)} behind update ${String(lastId)}`,
  );
}
