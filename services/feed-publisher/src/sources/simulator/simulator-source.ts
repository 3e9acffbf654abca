import { OutcryError } from '@outcry/broker';
import { SourceKind } from '@outcry/protocol';

import { Pacer } from '../../pacing/pacer.ts';
import { type BookEvent, BookEventKind, type BookSource } from '../book-source.ts';
import { MarketModel } from './market-model.ts';
import { Random } from './random.ts';
import { type SimulatedMarket, simulatedMarket } from './simulated-market.ts';

export interface SimulatorOptions {
  readonly symbols: readonly string[];
  /** Order events per second and symbol, on average; they arrive independently of each other. */
  readonly rate: number;
  /** Each seed is another market; a symbol's market does not depend on the other symbols. */
  readonly seed: number;
}

/** Invented books that move at a market's pace. The events are determined by the seed, their times of day are not. */
export function createSimulatorSource(options: SimulatorOptions): BookSource<BookEvent> {
  const markets = new Map(options.symbols.map((symbol) => [symbol, simulatedMarket(symbol)]));
  return {
    kind: SourceKind.Simulated,
    mayRecover: false,
    instruments: Array.from(markets.values(), ({ symbol, priceScale, sizeScale }) => ({
      symbol,
      priceScale,
      sizeScale,
    })),
    events: (symbol, signal) => {
      const market = markets.get(symbol);
      if (market === undefined) throw new OutcryError('badFeed', `${symbol} is not simulated`);
      return simulate(market, options, signal);
    },
    close: () => Promise.resolve(),
  };
}

async function* simulate(
  market: SimulatedMarket,
  { rate, seed }: SimulatorOptions,
  signal: AbortSignal,
): AsyncGenerator<BookEvent, void, undefined> {
  const name = `${String(seed)} ${market.symbol}`;
  const model = new MarketModel(market, Random.fromText(`${name} orders`));
  const arrivals = Random.fromText(`${name} arrivals`);
  const pacer = new Pacer(1);
  let simulatedMs = 0;
  let venueSeq = 1;
  await pacer.waitUntil(simulatedMs, signal);
  if (!signal.aborted) yield { kind: BookEventKind.Snapshot, ...model.levels(), venueSeq, venueAt: Date.now() };
  while (!signal.aborted) {
    simulatedMs += (arrivals.exponential() * 1000) / rate;
    await pacer.waitUntil(simulatedMs, signal);
    venueSeq++;
    yield { kind: BookEventKind.Delta, ...model.step(), venueSeq, venueAt: Date.now() };
  }
}
