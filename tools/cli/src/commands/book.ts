import type { Book, Instrument } from '@outcry/client';

import type { Context } from '../context.ts';
import type { Screen } from '../output/output.ts';

export interface BookCommandOptions {
  readonly symbol: string;
  readonly depth: number;
  readonly interval: number;
  /** Ends after so many changes; undefined for never. */
  readonly count?: number;
}

type SourceKind = NonNullable<Instrument['kind']>;
type Shown = Pick<Book, 'symbol' | 'status' | 'bids' | 'asks' | 'stamp' | 'ageMs' | 'toDecimal'>;

/** Lines of a ladder besides its levels, and the one that the cursor stands on. */
const OTHER_LINES = 3;
const MS_PER_SECOND = 1000;

/**
 * Shows a book as a ladder that is drawn again with every change, and each second while it grows old; in a pipe, one ladder
 * behind the other with an empty line between them, or one JSON value for each.
 */
export async function book(
  { client, output, signal }: Context,
  { symbol, depth, interval, count }: BookCommandOptions,
): Promise<void> {
  const watched = client.book(symbol, { depth, interval, checksum: true });
  signal.addEventListener('abort', () => {
    watched.close();
  });
  const { screen } = output;
  let kind: SourceKind | undefined;
  const show = (): void => {
    if (screen === undefined) output.write(`${ladder(watched, { kind }).join('\n')}\n`, asJson(watched, kind));
    else screen.draw(ladder(watched, { kind, screen }));
  };
  const growing = setInterval(() => {
    if (screen !== undefined && watched.status === 'stale') show();
  }, MS_PER_SECOND);
  let shown = 0;
  try {
    for await (const { type } of watched) {
      if (type === 'repair') continue;
      if (type === 'snapshot') kind = await kindOf(client, symbol);
      show();
      shown += 1;
      if (shown === count) return;
    }
  } finally {
    clearInterval(growing);
  }
}

/** Where the book comes from; undefined where its publisher does not say, or the gateway does not answer. */
async function kindOf(client: Context['client'], symbol: string): Promise<SourceKind | undefined> {
  const instruments = await client.symbols().catch(() => []);
  return instruments.find((instrument) => instrument.symbol === symbol)?.kind;
}

export interface LadderOptions {
  readonly kind?: SourceKind | undefined;
  readonly screen?: Pick<Screen, 'rows' | 'paint'>;
}

/** Asks above bids, the best of both in the middle; on a screen only as many as it has room for. */
export function ladder(shown: Shown, { kind, screen }: LadderOptions = {}): readonly string[] {
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
  return [
    `${shown.symbol}  ${describe(shown, kind, paint)}`,
    ...(asks ?? []).toReversed().map((level) => paint('red', lineOf(level))),
    '─'.repeat(priceWidth + sizeWidth + 2),
    ...(bids ?? []).map((level) => paint('green', lineOf(level))),
  ];
}

/** What a book is worth: where it comes from, and how old it is. What is made up or played back does not look like a market. */
function describe({ status, stamp, ageMs }: Shown, kind: SourceKind | undefined, paint: Screen['paint']): string {
  const at = kind === 'replay' && stamp !== undefined ? ` of ${new Date(stamp.venueAt).toISOString()}` : '';
  const source = kind === undefined || kind === 'live' ? 'live' : paint('yellow', `${kind}${at}`);
  if (status === 'live') return source;
  const age = ageMs === undefined ? '' : ` for ${String(Math.round(ageMs / MS_PER_SECOND))} s`;
  return `${source === 'live' ? '' : `${source}, `}${paint('yellow', `${status}${age}`)}`;
}

function asJson(shown: Book, kind: SourceKind | undefined): unknown {
  const { symbol, status, stamp, bids, asks } = shown;
  const levels = (side: Book['bids']): string[][] =>
    side.map((level) => {
      const { price, size } = shown.toDecimal(level);
      return [price, size];
    });
  return { symbol, status, ...(kind === undefined ? {} : { kind }), ...stamp, bids: levels(bids), asks: levels(asks) };
}
