import type { FeedInstrument } from '@outcry/broker';
import { type Instrument, RequestError } from '@outcry/protocol';

/** Levels a side on offer; 0 is the whole book. */
export const DEPTHS: readonly number[] = [0, 1, 10, 25, 50, 100];

/** Milliseconds between frames on offer; 0 is every frame of the base feed. */
export const INTERVALS: readonly number[] = [0, 100, 250, 1000, 2000];

/** A depth and an interval: what a watcher chose to see of a book. */
export interface ClassChoice {
  readonly depth: number;
  readonly interval: number;
}

/** Something was asked for that there is not. Who refuses many at once names the choices with the first only. */
export class UnknownChoice extends RequestError {
  readonly problem: string;
  readonly choices: string;

  constructor(problem: string, choices: string) {
    super('unknownSymbol', `${problem}; ${choices}`);
    this.problem = problem;
    this.choices = choices;
  }
}

/** @throws RequestError `unknownSymbol` that names the choices */
export function checkChoice({ depth, interval }: ClassChoice): void {
  refuseUnless(DEPTHS, depth, 'depth');
  refuseUnless(INTERVALS, interval, 'interval');
}

function refuseUnless(choices: readonly number[], value: number, what: string): void {
  if (choices.includes(value)) return;
  throw new UnknownChoice(`${what} ${String(value)} is not on offer`, `choose from ${choices.join(', ')}`);
}

/** As much of a name as an error quotes: all of one that is a symbol. */
const MAX_QUOTED_CHARS = 128;

export function unknownSymbol(symbol: string, instruments: readonly FeedInstrument[]): RequestError {
  const names = instruments.map((instrument) => instrument.symbol).sort();
  const choices = names.length === 0 ? 'there are none now' : `choose from ${names.slice(0, 50).join(', ')}`;
  return new UnknownChoice(`no book of ${symbol.slice(0, MAX_QUOTED_CHARS).toWellFormed()}`, choices);
}

export function describeInstrument({ symbol, priceScale, sizeScale, sourceKind }: FeedInstrument): Instrument {
  return { symbol, priceScale, sizeScale, depths: DEPTHS, intervals: INTERVALS, kind: sourceKind };
}
