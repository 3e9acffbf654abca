import { bookChecksum } from '@outcry/order-book';
import type { BookSide, Instrument, Level, ServerFrame } from '@outcry/protocol';

/**
 * What becomes of a book behind its first frames: nothing more comes of it, and the watchers are told so (`dead`), or are
 * told that all is well (`mute`); or the sizes are others than in the book (`altered`). `empty` is mute from the beginning.
 */
export type FeedFault = 'dead' | 'mute' | 'altered' | 'empty';

const FRAME_MS = 20;
const FRAMES_BEFORE = 5;
const SCALES = { priceScale: 2, sizeScale: 5 };
const PRICE = 6_183_763;
const CLASS = { symbol: 'BTCUSDT', depth: 25, interval: 100 };

export const FAULTY_INSTRUMENT: Instrument = {
  symbol: CLASS.symbol,
  ...SCALES,
  depths: [CLASS.depth],
  intervals: [CLASS.interval],
};

/** Sends one watcher a book of one level, until `stop` is called. */
export function feed(fault: FeedFault | undefined, send: (frame: ServerFrame) => void): { readonly stop: () => void } {
  const viewAt = (seq: number, error = 0): ReturnType<typeof viewOf> => viewOf(seq + error, seq);
  send({ type: 'snapshot', ...CLASS, epoch: 'epoch-1', ...SCALES, ...viewAt(1), seq: 1 });
  let seq = 1;
  const timer = setInterval(() => {
    const isFaulty = fault === 'empty' || seq >= FRAMES_BEFORE;
    if (fault === undefined || fault === 'altered' || !isFaulty) {
      seq++;
      const view = viewAt(seq, fault === 'altered' && isFaulty ? 1 : 0);
      send({ type: 'delta', ...CLASS, ...view, prev: seq - 1, seq });
      if (fault === 'dead' && seq === FRAMES_BEFORE) send({ type: 'stale', symbol: CLASS.symbol });
    } else {
      send({ type: 'heartbeat', ...CLASS, seq });
    }
  }, FRAME_MS);
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** A book whose one bid has the one size, with the checksum of the other. */
function viewOf(
  size: number,
  checkedSize: number,
): Pick<Extract<ServerFrame, { type: 'delta' }>, 'bids' | 'asks' | 'venueAt' | 'at' | 'venueSeq' | 'checksum'> {
  const side = (levels: readonly Level[]): BookSide => ({ levels, ...SCALES });
  return {
    bids: side([[PRICE, size]]),
    asks: side([]),
    venueAt: 0,
    at: Date.now(),
    venueSeq: checkedSize,
    checksum: bookChecksum([[PRICE, checkedSize]], []),
  };
}
