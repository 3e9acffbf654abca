import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The recordings are no part of the project: they lie beside its checkout. */
const DATA = new URL('../../../../../shared/data/', import.meta.url);

export interface Recording {
  readonly file: string;
  readonly market: 'spot' | 'usdm';
  /** What the venue calls it; the symbol here is another, so that the two of BTCUSDT can stand side by side. */
  readonly venueSymbol: string;
  readonly symbol: string;
  readonly intervalMs: number;
  /** As the venue had them then. Both spot books hold older orders of finer sizes. */
  readonly tickSize: string;
  readonly stepSize: string;
  readonly hasFinerLevels: boolean;
  /** Depth events that apply, and those of them behind which a later book ticker exists. */
  readonly events: number;
  readonly checkable: number;
}

export const RECORDINGS: readonly Recording[] = [
  {
    file: 'binance-spot-btcusdt-20240808.jsonl.gz',
    market: 'spot',
    venueSymbol: 'BTCUSDT',
    symbol: 'BTCUSDT',
    intervalMs: 100,
    tickSize: '0.01000000',
    stepSize: '0.00001000',
    hasFinerLevels: true,
    events: 3449,
    checkable: 3449,
  },
  {
    file: 'binance-spot-ethusdt-20240808.jsonl.gz',
    market: 'spot',
    venueSymbol: 'ETHUSDT',
    symbol: 'ETHUSDT',
    intervalMs: 100,
    tickSize: '0.01000000',
    stepSize: '0.00010000',
    hasFinerLevels: true,
    events: 3432,
    checkable: 3432,
  },
  {
    file: 'binance-usdm-btcusdt-20240808.jsonl.gz',
    market: 'usdm',
    venueSymbol: 'BTCUSDT',
    symbol: 'BTCUSDT-PERP',
    intervalMs: 0,
    tickSize: '0.10',
    stepSize: '0.001',
    hasFinerLevels: false,
    events: 6547,
    checkable: 6545,
  },
];

/** Where the recording lies; skips the test, saying so, where it does not. */
export function pathOf({ file }: Recording, { skip }: { readonly skip: (note: string) => void }): string {
  const path = fileURLToPath(new URL(file, DATA));
  if (!existsSync(path)) skip(`the recording is not there: ${path}`);
  return path;
}
