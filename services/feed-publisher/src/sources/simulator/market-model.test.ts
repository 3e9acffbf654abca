import { type Level, OrderBook } from '@outcry/order-book';
import { describe, expect, it } from 'vitest';

import { MarketModel } from './market-model.ts';
import { Random } from './random.ts';
import { type SimulatedMarket, simulatedMarket } from './simulated-market.ts';

function createModel(market: SimulatedMarket, seed: string): MarketModel {
  return new MarketModel(market, Random.fromText(seed));
}

/** Its price runs over the orders faster than new ones come, so its sides are at their thinnest again and again. */
const WILD: SimulatedMarket = { ...simulatedMarket('WILD'), stepTicks: 40, spacingTicks: 10, typicalLots: 5000 };

function isSound([price, size]: Level): boolean {
  return Number.isSafeInteger(price) && Number.isSafeInteger(size) && price > 0 && size >= 0;
}

describe('MarketModel', () => {
  it.each([...['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'ANYTHING'].map(simulatedMarket), WILD])(
    'is never crossed and never thin over 100,000 events, and its changes rebuild it: $symbol',
    (market) => {
      const model = createModel(market, 'invariants');
      const book = new OrderBook();
      const first = model.levels();
      book.applySnapshot(first.bids, first.asks);
      const mids = new Set<number>();
      const faults = { crossed: 0, thin: 0, idle: 0, unsound: 0 };
      for (let event = 1; event <= 100_000; event++) {
        const { bids, asks } = model.step();
        book.applyDelta(bids, asks);
        if (book.isCrossed) faults.crossed++;
        if (Math.min(book.bidCount, book.askCount) < 100) faults.thin++;
        if (bids.length + asks.length === 0) faults.idle++;
        if (![...bids, ...asks].every(isSound)) faults.unsound++;
        mids.add((book.bestBid?.[0] ?? 0) + (book.bestAsk?.[0] ?? 0));
      }
      expect(faults).toEqual({ crossed: 0, thin: 0, idle: 0, unsound: 0 });
      expect({ bids: book.bids(), asks: book.asks() }).toEqual(model.levels());
      // It moves, and it does not run away.
      expect(mids.size).toBeGreaterThan(20);
      for (const mid of mids) expect(Math.abs(mid / 2 / market.midTicks - 1)).toBeLessThan(0.25);
    },
  );

  it('keeps about as many levels as it began with', () => {
    const model = createModel(simulatedMarket('BTCUSDT'), 'size');
    const before = model.levels().bids.length;
    for (let event = 0; event < 20_000; event++) model.step();
    const after = model.levels().bids.length;
    expect(after).toBeGreaterThan(before / 3);
    expect(after).toBeLessThan(before * 3);
  });

  it('is the same market for the same seed, and another for another', () => {
    const walk = (seed: string): unknown => {
      const model = createModel(simulatedMarket('ETHUSDT'), seed);
      return [model.levels(), Array.from({ length: 500 }, () => model.step())];
    };
    expect(walk('one')).toEqual(walk('one'));
    expect(walk('one')).not.toEqual(walk('two'));
  });
});
