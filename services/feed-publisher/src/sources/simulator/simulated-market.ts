import type { FeedInstrument } from '@outcry/broker';

/** How a simulated symbol trades. */
export interface SimulatedMarket extends FeedInstrument {
  /** Where the price starts, and what it keeps returning to, in ticks. */
  readonly midTicks: number;
  /** The standard deviation of the fair price's step per order event, in ticks. */
  readonly stepTicks: number;
  /** The scale of the distances from the fair price at which orders are placed, in ticks. */
  readonly spacingTicks: number;
  /** The median size of an order, in lots. */
  readonly typicalLots: number;
}

type Traits = Omit<SimulatedMarket, 'symbol'>;

/** Shaped after the spot books of August 2024. */
const KNOWN_MARKETS: Readonly<Record<string, Traits>> = {
  BTCUSDT: { priceScale: 2, sizeScale: 5, midTicks: 6_183_764, stepTicks: 15, spacingTicks: 200, typicalLots: 2000 },
  ETHUSDT: { priceScale: 2, sizeScale: 4, midTicks: 268_380, stepTicks: 1.5, spacingTicks: 40, typicalLots: 3500 },
  SOLUSDT: { priceScale: 2, sizeScale: 3, midTicks: 15_340, stepTicks: 0.15, spacingTicks: 30, typicalLots: 4000 },
};

/** Any other symbol trades around 100. */
const OTHER_MARKET: Traits = {
  priceScale: 2,
  sizeScale: 2,
  midTicks: 10_000,
  stepTicks: 0.15,
  spacingTicks: 30,
  typicalLots: 500,
};

export function simulatedMarket(symbol: string): SimulatedMarket {
  return { symbol, ...(KNOWN_MARKETS[symbol] ?? OTHER_MARKET) };
}
