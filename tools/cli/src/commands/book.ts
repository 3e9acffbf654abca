import type { Book } from '@outcry/client';

import type { Context } from '../context.ts';

export interface BookCommandOptions {
  readonly symbol: string;
  readonly depth: number;
  readonly interval: number;
  /** Ends after so many changes; undefined for never. */
  readonly count?: number;
}

/** Clears the screen and goes to its top. */
const HOME = '\u001b[H\u001b[2J';

/** Shows a book as a ladder that is drawn again with every change; in a pipe, one JSON value for each. */
export async function book(
  { client, output, signal }: Context,
  { symbol, depth, interval, count }: BookCommandOptions,
): Promise<void> {
  const watched = client.book(symbol, { depth, interval, checksum: true });
  signal.addEventListener('abort', () => {
    watched.close();
  });
  await watched.ready;
  let shown = 0;
  for await (const { type } of watched) {
    if (type === 'repair') continue;
    output.write(`${HOME}${ladder(watched)}`, asJson(watched));
    shown += 1;
    if (shown === count) return;
  }
}

/** Asks above bids, the best of both in the middle. */
export function ladder(shown: Pick<Book, 'symbol' | 'status' | 'bids' | 'asks' | 'toDecimal'>): string {
  const rows = [...shown.asks.toReversed(), ...shown.bids].map((level) => shown.toDecimal(level));
  const priceWidth = Math.max(0, ...rows.map(({ price }) => price.length));
  const sizeWidth = Math.max(0, ...rows.map(({ size }) => size.length));
  const lines = rows.map(({ price, size }) => `${price.padStart(priceWidth)}  ${size.padStart(sizeWidth)}`);
  const [asks, bids] = [lines.slice(0, shown.asks.length), lines.slice(shown.asks.length)];
  const rule = '─'.repeat(priceWidth + sizeWidth + 2);
  return [`${shown.symbol}  ${shown.status}`, ...asks, rule, ...bids].join('\n');
}

function asJson(shown: Book): unknown {
  const { symbol, status, stamp, bids, asks } = shown;
  const levels = (side: Book['bids']): string[][] =>
    side.map((level) => {
      const { price, size } = shown.toDecimal(level);
      return [price, size];
    });
  return { symbol, status, ...stamp, bids: levels(bids), asks: levels(asks) };
}
