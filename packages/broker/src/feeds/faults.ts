import { OutcryError } from '../outcry-error.ts';

/** The refusals of a delta, the same from every feed bus. A publisher answers both with a snapshot. */
export function snapshotMissing(symbol: string): OutcryError {
  return new OutcryError('badFeed', `no snapshot of ${symbol} is stored for the delta to follow: publish a snapshot`);
}

export function tooManyDeltas(symbol: string, max: number): OutcryError {
  return new OutcryError('badFeed', `${String(max)} deltas of ${symbol} are stored already: publish a snapshot`);
}

/** The refusal of a frame whose publisher does not lead the symbol any more. It steps down. */
export function fencedOff(symbol: string, fence: number): OutcryError {
  return new OutcryError('fenced', `the lease ${String(fence)} of ${symbol} is not the latest one`);
}
