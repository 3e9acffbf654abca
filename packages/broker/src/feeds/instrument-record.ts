import type { FeedInstrument } from './bus.ts';

const RECORD_PATTERN = /^(\d{1,2}),(\d{1,2})$/;

/** What is stored for a symbol: its scales, as in `2,8`. */
export function encodeInstrument({ priceScale, sizeScale }: FeedInstrument): string {
  return `${String(priceScale)},${String(sizeScale)}`;
}

/** Undefined where the record is not of this version. */
export function decodeInstrument(symbol: string, record: string): FeedInstrument | undefined {
  const [, priceScale, sizeScale] = RECORD_PATTERN.exec(record) ?? [];
  if (priceScale === undefined || sizeScale === undefined) return undefined;
  return { symbol, priceScale: Number(priceScale), sizeScale: Number(sizeScale) };
}
