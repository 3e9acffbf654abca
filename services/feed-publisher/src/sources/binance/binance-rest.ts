import { OutcryError } from '@outcry/broker';
import { decimalsOf } from '@outcry/order-book';
import { z } from 'zod';

import { SerialQueue } from '../../pacing/serial-queue.ts';
import { decodeDepthFrame, type DepthSnapshot } from './depth-frames.ts';
import { type Listing, listed, unlisted } from './listing.ts';
import type { BinanceMarket } from './markets.ts';
import { RequestBudget } from './request-budget.ts';

const REQUEST_TIMEOUT_MS = 10_000;

/** How long nothing is sent after a refusal that does not say it: a limit is per minute, a ban starts at two. */
const DEFAULT_PAUSE_MS = { limited: 60_000, banned: 120_000 };

/** They stand in the address, and whatever is between here and the venue may refuse one of more than 8 KiB. */
const MAX_SYMBOLS_PER_QUESTION = 200;

const USED_WEIGHT_HEADER = 'x-mbx-used-weight-1m';

const decimalText = z.string().regex(/^\d+(\.\d+)?$/);
const exchangeInfo = z.object({
  symbols: z.array(
    z.object({
      symbol: z.string(),
      status: z.string(),
      filters: z.array(
        z.object({ filterType: z.string(), tickSize: decimalText.optional(), stepSize: decimalText.optional() }),
      ),
    }),
  ),
});

export interface BinanceRestOptions {
  readonly market: BinanceMarket;
  readonly baseUrl: string;
  /** Levels per side of a snapshot; one of the market's. */
  readonly depth: number;
}

/**
 * The venue's REST interface, as far as books need it. One request at a time, within the venue's weight limit; a refusal
 * (429, 418, 403) keeps every request back for as long as the venue says.
 *
 * All faults that may pass are `OutcryError`s of code `unavailable`. Nothing is tried again here.
 */
export class BinanceRest {
  readonly #options: BinanceRestOptions;
  readonly #budget: RequestBudget;
  readonly #turns = new SerialQueue();

  constructor(options: BinanceRestOptions) {
    this.#options = options;
    this.#budget = new RequestBudget(options.market.weightPerMinute);
  }

  /** The book as it is now, or was a moment ago: the venue may answer from a cache. */
  async depthSnapshot(symbol: string, signal: AbortSignal): Promise<DepthSnapshot> {
    const { market, depth } = this.#options;
    const query = new URLSearchParams({ symbol, limit: String(depth) });
    const text = await this.#get(
      `${market.depthPath}?${query.toString()}`,
      market.depthWeights.get(depth) ?? 0,
      signal,
    );
    const frame = decodeDepthFrame(text);
    if (frame?.type !== 'snapshot')
      throw new OutcryError('unavailable', `no depth snapshot of ${symbol} in the answer`);
    return frame;
  }

  /** What the venue says of each of the symbols. One that it does not know leaves the others alone. */
  async listings(symbols: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Listing>> {
    const { infoPath, infoWeight, canFilterInfo } = this.#options.market;
    if (canFilterInfo && symbols.length > MAX_SYMBOLS_PER_QUESTION) return this.#listingsOfHalves(symbols, signal);
    const query = canFilterInfo ? `?symbols=${encodeURIComponent(JSON.stringify(symbols))}` : '';
    try {
      return listingsOf(symbols, await this.#get(`${infoPath}${query}`, infoWeight, signal));
    } catch (err) {
      const isAboutSymbols = canFilterInfo && err instanceof OutcryError && err.code === 'badConfig';
      if (!isAboutSymbols) throw err;
    }
    // The venue refuses a question with a symbol that it does not know, and does not say which of them that is.
    const [symbol = '', ...others] = symbols;
    if (others.length === 0) return new Map([[symbol, unlisted(symbol)]]);
    return this.#listingsOfHalves(symbols, signal);
  }

  async #listingsOfHalves(symbols: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Listing>> {
    const middle = Math.ceil(symbols.length / 2);
    const first = await this.listings(symbols.slice(0, middle), signal);
    const second = await this.listings(symbols.slice(middle), signal);
    return new Map([...first, ...second]);
  }

  #get(path: string, weight: number, signal: AbortSignal): Promise<string> {
    return this.#turns.run(async () => {
      await this.#budget.spend(weight, signal);
      const url = `${this.#options.baseUrl}${path}`;
      const response = await this.#fetch(url, signal);
      const used = Number(response.headers.get(USED_WEIGHT_HEADER) ?? NaN);
      if (Number.isFinite(used)) this.#budget.noteUsed(used);
      if (response.ok) return response.text;
      throw this.#refusal(url, response);
    });
  }

  async #fetch(url: string, signal: AbortSignal): Promise<VenueResponse> {
    try {
      const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]) });
      const { ok, status, headers } = response;
      return { ok, status, headers, text: await response.text() };
    } catch (cause) {
      const why = cause instanceof Error ? messageOf(cause) : String(cause);
      throw new OutcryError('unavailable', `cannot reach ${url}: ${why}`, { cause });
    }
  }

  #refusal(url: string, { status, headers, text }: VenueResponse): OutcryError {
    const said = text.slice(0, 200);
    if (status === 400) return new OutcryError('badConfig', `${url} refused: ${said}`);
    if (status === 429 || status === 418 || status === 403) {
      const retryAfterMs = Number(headers.get('retry-after') ?? NaN) * 1000;
      const pauseMs = status === 418 ? DEFAULT_PAUSE_MS.banned : DEFAULT_PAUSE_MS.limited;
      this.#budget.pause(Number.isFinite(retryAfterMs) ? retryAfterMs : pauseMs);
    }
    return new OutcryError('unavailable', `${url} answered ${String(status)}: ${said}`);
  }
}

interface VenueResponse extends Pick<Response, 'ok' | 'status' | 'headers'> {
  readonly text: string;
}

/** What `fetch` throws says "fetch failed"; the reason is what caused it. */
function messageOf(err: Error): string {
  return err.cause instanceof Error ? err.cause.message : err.message;
}

function listingsOf(symbols: readonly string[], text: string): ReadonlyMap<string, Listing> {
  const told = new Map(parseExchangeInfo(text).symbols.map((info) => [info.symbol, info]));
  return new Map(
    symbols.map((symbol) => {
      const found = told.get(symbol);
      const tickSize = found?.filters.find(({ filterType }) => filterType === 'PRICE_FILTER')?.tickSize;
      const stepSize = found?.filters.find(({ filterType }) => filterType === 'LOT_SIZE')?.stepSize;
      if (found === undefined || tickSize === undefined || stepSize === undefined) return [symbol, unlisted(symbol)];
      const scales = { priceScale: decimalsOf(tickSize), sizeScale: decimalsOf(stepSize) };
      return [symbol, listed(symbol, scales, found.status)];
    }),
  );
}

function parseExchangeInfo(text: string): z.output<typeof exchangeInfo> {
  try {
    return exchangeInfo.parse(JSON.parse(text));
  } catch (cause) {
    throw new OutcryError('unavailable', 'the exchange information is not as the venue documents it', { cause });
  }
}
