import type { Book } from '@outcry/client';

import type { Context } from '../context.ts';
import type { Screen } from '../output/output.ts';

export interface BookCommandOptions {
  readonly symbol: string;
  readonly depth: number;
  readonly interval: number;
  /** Ends after so many changes; undefined for never. */
  readonly count?: number;
}

type Shown = Pick<Book, 'symbol' | 'status' | 'bids' | 'asks' | 'toDecimal'>;

/** Lines of a ladder besides its levels, and the one that the cursor stands on. */
const OTHER_LINES = 3;

/**
 * Shows a book as a ladder that is drawn again with every change; in a pipe, one ladder behind the other with an empty line
 * between them, or one JSON value for each.
 */
export async function book(
  { client, output, signal }: Context,
  { symbol, depth, interval, count }: BookCommandOptions,
): Promise<void> {
  const watched = client.book(symbol, { depth, interval, checksum: true });
  signal.addEventListener('abort', () => {
    watched.close();
  });
  let shown = 0;
  for await (const { type } of watched) {
    if (type === 'repair') continue;
    if (output.screen === undefined) output.write(`${ladder(watched).join('\n')}\n`, asJson(watched));
    else output.screen.draw(ladder(watched, output.screen));
    shown += 1;
    if (shown === count) return;
  }
}

/** Asks above bids, the best of both in the middle; on a screen only as many as it has room for. */
export function ladder(shown: Shown, screen?: Pick<Screen, 'rows' | 'paint'>): readonly string[] {
  const maxLevels = screen === undefined ? Infinity : Math.max(1, Math.floor((screen.rows - OTHER_LINES) / 2));
  const paint: Screen['paint'] = (style, text) => screen?.paint(style, text) ?? text;
  const [asks, bids] = [shown.asks, shown.bids].map((side) =>
    side.slice(0, maxLevels).map((level) => shown.toDecimal(level)),
  );
  const rows = [...(asks ?? []), ...(bids ?? [])];
  const priceWidth = Math.max(0, ...rows.map(({ price }) => price.length));
  const sizeWidth = Math.max(0, ...rows.map(({ size }) => size.length));
  const lineOf = ({ price, size }: { price: string; size: string }): string =>
    `${price.padStart(priceWidth)}  ${size.padStart(sizeWidth)}`;
  const status = shown.status === 'live' ? shown.status : paint('yellow', shown.status);
  return [
    `${shown.symbol}  ${status}`,
    ...(asks ?? []).toReversed().map((level) => paint('red', lineOf(level))),
    '─'.repeat(priceWidth + sizeWidth + 2),
    ...(bids ?? []).map((level) => paint('green', lineOf(level))),
  ];
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
