import type { Instrument, ServerFrame } from '@outcry/protocol';

/**
 * What becomes of a book behind its first frames: nothing more comes of it, and the watchers are told so (`dead`), or are
 * told that all is well (`mute`). `empty` is mute from the beginning.
 */
export type FeedFault = 'dead' | 'mute' | 'empty';

const FRAME_MS = 20;
const FRAMES_BEFORE = 5;
const SIDE = { levels: [], priceScale: 2, sizeScale: 5 };
const CLASS = { symbol: 'BTCUSDT', depth: 25, interval: 100 };

export const FAULTY_INSTRUMENT: Instrument = {
  symbol: CLASS.symbol,
  priceScale: SIDE.priceScale,
  sizeScale: SIDE.sizeScale,
  depths: [CLASS.depth],
  intervals: [CLASS.interval],
};

/** Sends one watcher a book, until `stop` is called. */
export function feed(fault: FeedFault | undefined, send: (frame: ServerFrame) => void): { readonly stop: () => void } {
  const sides = { bids: SIDE, asks: SIDE, venueAt: 0, at: Date.now(), venueSeq: 1 };
  send({ type: 'snapshot', ...CLASS, epoch: 'epoch-1', priceScale: 2, sizeScale: 5, ...sides, seq: 1 });
  let seq = 1;
  const timer = setInterval(() => {
    if (fault === undefined || (fault !== 'empty' && seq < FRAMES_BEFORE)) {
      seq++;
      send({ type: 'delta', ...CLASS, ...sides, at: Date.now(), prev: seq - 1, seq });
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
