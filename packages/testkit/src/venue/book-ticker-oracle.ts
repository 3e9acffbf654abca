import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** `[price, size]` as decimal strings without trailing zeros, as `normalizeDecimal` makes them. */
export type DecimalLevel = readonly [price: string, size: string];

export interface TopOfBook {
  readonly bid: DecimalLevel;
  readonly ask: DecimalLevel;
}

export interface BookTickerOracle {
  /**
   * Best bid and ask after update `u`: those of the newest ticker whose own update is not later. Undefined where no later
   * ticker exists, because then nobody knows whether that one still holds, and before the first.
   */
  expectedAt(u: number): TopOfBook | undefined;
}

interface BookTicker {
  readonly u: number;
  readonly b: string;
  readonly B: string;
  readonly a: string;
  readonly A: string;
}

/**
 * Reads the `bookTicker` lines of a gzipped recording. The venue sends that stream apart from the depth stream, so it tells
 * whether a book built from the latter is right. Shares no code with what it judges.
 */
export async function loadBookTickerOracle(file: string): Promise<BookTickerOracle> {
  const tickers = await readTickers(file);
  return {
    expectedAt(u) {
      const later = indexOfFirstAfter(tickers, u);
      const ticker = tickers[later - 1];
      if (ticker === undefined || later === tickers.length) return undefined;
      return {
        bid: [normalizeDecimal(ticker.b), normalizeDecimal(ticker.B)],
        ask: [normalizeDecimal(ticker.a), normalizeDecimal(ticker.A)],
      };
    },
  };
}

/** A decimal string without trailing zeros, so that "61737.63000000" and "61737.63" compare as equal. */
export function normalizeDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

async function readTickers(file: string): Promise<readonly BookTicker[]> {
  const text = (await promisify(gunzip)(await readFile(file))).toString();
  const tickers = text
    .split('\n')
    .filter((line) => line.includes('@bookTicker"'))
    .map((line) => (JSON.parse(line.slice(line.indexOf(' '))) as { readonly data: BookTicker }).data);
  return tickers.sort((one, other) => one.u - other.u);
}

/** The tickers are many and asked for often, hence by bisection. */
function indexOfFirstAfter(tickers: readonly BookTicker[], u: number): number {
  let low = 0;
  let high = tickers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((tickers[middle]?.u ?? Infinity) <= u) low = middle + 1;
    else high = middle;
  }
  return low;
}
