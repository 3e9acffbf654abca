import { decimalsOf, type Level, parseScaled } from '@outcry/order-book';

import type { BookEvent, Scales } from '../book-source.ts';
import type { DecimalLevel, DepthUpdate } from './depth-frames.ts';

/**
 * A frame of the venue as an event, its decimal strings as integers.
 *
 * @throws ScaledNumberError where a price or a size is not a decimal, or has more decimals than its scale
 */
export function toBookEvent(
  kind: BookEvent['kind'],
  frame: Pick<DepthUpdate, 'bids' | 'asks' | 'lastId' | 'at'>,
  scales: Scales,
): BookEvent {
  return {
    kind,
    bids: toLevels(frame.bids, scales),
    asks: toLevels(frame.asks, scales),
    venueSeq: frame.lastId,
    venueAt: frame.at,
  };
}

/**
 * The given scales, or the least ones above them that hold every level of the frame.
 *
 * @throws ScaledNumberError where a price or a size is not a decimal
 */
export function widenScales(scales: Scales, frame: Pick<DepthUpdate, 'bids' | 'asks'>): Scales {
  let { priceScale, sizeScale } = scales;
  for (const [price, size] of [...frame.bids, ...frame.asks]) {
    priceScale = Math.max(priceScale, decimalsOf(price));
    sizeScale = Math.max(sizeScale, decimalsOf(size));
  }
  return { priceScale, sizeScale };
}

function toLevels(levels: readonly DecimalLevel[], { priceScale, sizeScale }: Scales): Level[] {
  return levels.map(([price, size]) => [parseScaled(price, priceScale), parseScaled(size, sizeScale)]);
}
