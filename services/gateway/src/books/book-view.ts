import type { Level } from '@outcry/order-book';
import type { BookSide, ServerFrame } from '@outcry/protocol';

import type { ClassChoice } from './book-choices.ts';
import type { BookReplica, BookState } from './book-replica.ts';

/** Levels of both sides, best first. */
export interface BookLevels {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** The levels within a depth, and where the book stood then. */
export interface BookView extends BookLevels {
  readonly state: BookState;
}

/** What the replica shows now; undefined where the book is not known yet. */
export function lookAt({ book, state }: BookReplica, depth: number): BookView | undefined {
  return state === undefined ? undefined : { bids: book.bids(depth), asks: book.asks(depth), state };
}

/** As `lookAt` at the whole depth, without a copy: the levels are those of the moment at which they are read. */
export function watchWhole({ book, state }: BookReplica): BookView | undefined {
  if (state === undefined) return undefined;
  return {
    state,
    get bids() {
      return book.bids();
    },
    get asks() {
      return book.asks();
    },
  };
}

/** What every frame of a class says of itself. */
export interface ClassName extends ClassChoice {
  readonly symbol: string;
}

type Snapshot = Extract<ServerFrame, { type: 'snapshot' }>;
type Delta = Extract<ServerFrame, { type: 'delta' }>;

export function snapshotFrame({ symbol, depth, interval }: ClassName, { bids, asks, state }: BookView): Snapshot {
  const { epoch, priceScale, sizeScale, venueAt, at, venueSeq, seq, sourceKind } = state;
  return {
    type: 'snapshot',
    symbol,
    depth,
    interval,
    epoch,
    priceScale,
    sizeScale,
    bids: bookSide(bids, state),
    asks: bookSide(asks, state),
    venueAt,
    at,
    venueSeq,
    seq,
    ...(sourceKind === undefined ? {} : { kind: sourceKind }),
  };
}

/** The changes that lead from the frame numbered `prev` to `state`. */
export function deltaFrame(
  { symbol, depth, interval }: ClassName,
  { bids, asks }: BookLevels,
  { prev, state }: { readonly prev: number; readonly state: BookState },
): Delta {
  const { venueAt, at, venueSeq, seq } = state;
  return {
    type: 'delta',
    symbol,
    depth,
    interval,
    bids: bookSide(bids, state),
    asks: bookSide(asks, state),
    venueAt,
    at,
    venueSeq,
    prev,
    seq,
  };
}

function bookSide(levels: readonly Level[], { priceScale, sizeScale }: BookState): BookSide {
  return { levels, priceScale, sizeScale };
}
