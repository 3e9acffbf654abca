/** What differs between the venue's markets. Sources: the "General info" and "Market data" pages of the venue's API documentation. */
export interface BinanceMarket {
  readonly restUrl: string;
  /** Where `/stream` is. */
  readonly streamUrl: string;
  readonly infoPath: string;
  /** Whether `infoPath` can be asked for some symbols only. */
  readonly canFilterInfo: boolean;
  readonly infoWeight: number;
  readonly depthPath: string;
  /** Levels per side that a depth snapshot can have, and the request weight of each. */
  readonly depthWeights: ReadonlyMap<number, number>;
  /** Request weight that an address may use in a minute. */
  readonly weightPerMinute: number;
  /** The stream's intervals. The venue's default has no suffix in the stream's name. */
  readonly streamIntervalsMs: readonly number[];
  readonly defaultIntervalMs: number;
}

export type BinanceMarketName = 'spot' | 'usdm';

export const BINANCE_MARKETS: Readonly<Record<BinanceMarketName, BinanceMarket>> = {
  spot: {
    restUrl: 'https://api.binance.com',
    streamUrl: 'wss://stream.binance.com:9443',
    infoPath: '/api/v3/exchangeInfo',
    canFilterInfo: true,
    infoWeight: 20,
    depthPath: '/api/v3/depth',
    depthWeights: new Map([
      [100, 5],
      [500, 25],
      [1000, 50],
      [5000, 250],
    ]),
    weightPerMinute: 6000,
    streamIntervalsMs: [100, 1000],
    defaultIntervalMs: 1000,
  },
  usdm: {
    restUrl: 'https://fapi.binance.com',
    streamUrl: 'wss://fstream.binance.com/public',
    infoPath: '/fapi/v1/exchangeInfo',
    canFilterInfo: false,
    infoWeight: 1,
    depthPath: '/fapi/v1/depth',
    depthWeights: new Map([
      [100, 5],
      [500, 10],
      [1000, 20],
    ]),
    weightPerMinute: 2400,
    streamIntervalsMs: [0, 100, 250, 500],
    defaultIntervalMs: 250,
  },
};

/** The name of a symbol's stream of depth updates. */
export function depthStreamName(market: BinanceMarket, symbol: string, intervalMs: number): string {
  const suffix = intervalMs === market.defaultIntervalMs ? '' : `@${String(intervalMs)}ms`;
  return `${symbol.toLowerCase()}@depth${suffix}`;
}
