import { isSourceKind, type Level } from '@outcry/protocol';
import { Packr } from 'msgpackr';
import type { FeedDelta, FeedPulse, FeedSnapshot } from './bus.ts';

/**
 * Frames of the base feeds, in keys and on channels alike: positional msgpack arrays, the levels of a side flattened to
 * price, size, price, size.
 *
 *     snapshot: [1, symbol, epoch, seq, venueSeq, venueAt, at, bids, asks, priceScale, sizeScale, sourceKind?]
 *     delta:    [2, symbol, epoch, seq, venueSeq, venueAt, at, bids, asks, prev]
 *     pulse:    [3, symbol, epoch, seq]
 */
export type BusFrame =
  | { readonly kind: 'snapshot'; readonly snapshot: FeedSnapshot }
  | { readonly kind: 'delta'; readonly delta: FeedDelta }
  | { readonly kind: 'pulse'; readonly pulse: FeedPulse };

const TAG_SNAPSHOT = 1;
const TAG_DELTA = 2;
const TAG_PULSE = 3;

/** Plain msgpack. Integers past 2^32 become floats, which are exact to 2^53, as are all that stand in a book. */
const packr = new Packr({ useRecords: false, int64AsType: 'number' });

export function encodeSnapshotFrame(snapshot: FeedSnapshot): Buffer {
  const { priceScale, sizeScale, sourceKind } = snapshot;
  const last = sourceKind === undefined ? [] : [sourceKind];
  return packr.pack([TAG_SNAPSHOT, ...commonFields(snapshot), priceScale, sizeScale, ...last]);
}

export function encodeDeltaFrame(delta: FeedDelta): Buffer {
  return packr.pack([TAG_DELTA, ...commonFields(delta), delta.prev]);
}

export function encodePulseFrame({ symbol, epoch, seq }: FeedPulse): Buffer {
  return packr.pack([TAG_PULSE, symbol, epoch, seq]);
}

/** Undefined where the bytes are no frame of this version. */
export function decodeFeedFrame(bytes: Uint8Array): BusFrame | undefined {
  const fields = unpack(bytes);
  if (!Array.isArray(fields)) return undefined;
  const [tag, ...rest] = fields as readonly unknown[];
  const [symbol, epoch, seq, venueSeq, venueAt, at, bidList, askList, ...own] = rest;
  if (typeof symbol !== 'string' || typeof epoch !== 'string' || !isUint(seq)) return undefined;
  if (tag === TAG_PULSE) return { kind: 'pulse', pulse: { symbol, epoch, seq } };
  const bids = readLevels(bidList);
  const asks = readLevels(askList);
  if (bids === undefined || asks === undefined) return undefined;
  if (!isUint(venueSeq) || !isUint(venueAt) || !isUint(at)) return undefined;
  const common = { symbol, epoch, seq, venueSeq, venueAt, at, bids, asks };
  const [first, second, sourceKind] = own;
  if (tag === TAG_DELTA && isUint(first)) return { kind: 'delta', delta: { ...common, prev: first } };
  if (tag !== TAG_SNAPSHOT || !isUint(first) || !isUint(second)) return undefined;
  const snapshot = { ...common, priceScale: first, sizeScale: second };
  return { kind: 'snapshot', snapshot: isSourceKind(sourceKind) ? { ...snapshot, sourceKind } : snapshot };
}

function commonFields({ symbol, epoch, seq, venueSeq, venueAt, at, bids, asks }: FeedSnapshot | FeedDelta): unknown[] {
  return [symbol, epoch, seq, venueSeq, venueAt, at, bids.flat(), asks.flat()];
}

function unpack(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes);
  } catch {
    return undefined;
  }
}

function readLevels(flat: unknown): Level[] | undefined {
  if (!Array.isArray(flat) || flat.length % 2 !== 0) return undefined;
  const levels: Level[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const price: unknown = flat[i];
    const size: unknown = flat[i + 1];
    if (!Number.isSafeInteger(price) || !isUint(size)) return undefined;
    levels.push([price as number, size]);
  }
  return levels;
}

function isUint(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
