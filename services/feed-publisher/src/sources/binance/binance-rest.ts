import { OutcryError } from '@outcry/broker';
import { decimalsOf } from '@outcry/order-book';
import { z } from 'zod';

import { SerialQueue } from '../../pacing/serial-queue.ts';
import type { Scales } from '../book-source.ts';
import { decodeDepthFrame, type DepthSnapshot } from './depth-frames.ts';
import type { BinanceMarket } from './markets.ts';
import { RequestBudget } from './request-budget.ts';

const REQUEST_TIMEOUT_MS = 10_000;

/** How long nothing is sent after a refusal that does not say it: a limit is per minute, a ban starts at two. */
const DEFAULT_PAUSE_MS = { limited: 60_000, banned: 120_000 };

const USED_WEIGHT_HEADER = 'x-mbx-used-weight-1m';

const decimalText = z.string().regex(/^\d+(\.\d+)?$/);
const exchangeInfo = z.object({
  symbols: z.array(
    z.object({
      symbol: z.string(),
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

  /**
   * The decimals that the venue's tick and step sizes need.
   *
   * @throws OutcryError `badConfig` where the venue does not trade one of the symbols
   */
  async scales(symbols: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Scales>> {
    const { market } = this.#options;
    const query = market.canFilterInfo ? `?symbols=${encodeURIComponent(JSON.stringify(symbols))}` : '';
    const info = parseExchangeInfo(await this.#get(`${market.infoPath}${query}`, market.infoWeight, signal));
    const scales = new Map<string, Scales>();
    for (const { symbol, filters } of info.symbols) {
      const tickSize = filters.find(({ filterType }) => filterType === 'PRICE_FILTER')?.tickSize;
      const stepSize = filters.find(({ filterType }) => filterType === 'LOT_SIZE')?.stepSize;
      if (tickSize === undefined || stepSize === undefined) continue;
      scales.set(symbol, { priceScale: decimalsOf(tickSize), sizeScale: decimalsOf(stepSize) });
    }
    const unknown = symbols.filter((symbol) => !scales.has(symbol));
    if (unknown.length > 0) throw new OutcryError('badConfig', `the venue does not trade ${unknown.join(', ')}`);
    return scales;
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

function parseExchangeInfo(text: string): z.output<typeof exchangeInfo> {
  try {
    return exchangeInfo.parse(JSON.parse(text));
  } catch (cause) {
    throw new OutcryError('unavailable', 'the exchange information is not as the venue documents it', { cause });
  }
}
