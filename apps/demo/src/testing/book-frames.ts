import type { Received } from '../frames.ts';

const CLASS = { symbol: 'BTCUSDT', depth: 10, interval: 100 } as const;
const TIMES = { venueAt: 1, at: 2, venueSeq: 3 } as const;

export function snapshotFrame(fields: Partial<Received<'snapshot'>> = {}): Received<'snapshot'> {
  return {
    type: 'snapshot',
    ...CLASS,
    ...TIMES,
    epoch: 'e1',
    priceScale: 2,
    sizeScale: 3,
    bids: [
      ['100.00', '1.000'],
      ['99.50', '2.000'],
    ],
    asks: [
      ['100.50', '1.500'],
      ['101.00', '0.500'],
    ],
    seq: 7,
    ...fields,
  };
}

export function deltaFrame(fields: Partial<Received<'delta'>> = {}): Received<'delta'> {
  return { type: 'delta', ...CLASS, ...TIMES, bids: [], asks: [], prev: 7, seq: 8, ...fields };
}

export function heartbeatFrame(seq: number): Received<'heartbeat'> {
  return { type: 'heartbeat', ...CLASS, seq };
}
