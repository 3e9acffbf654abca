import { isSourceKind } from '@outcry/protocol';

import type { FeedInstrument } from './bus.ts';

/** Versions to come add parts at the end. */
const RECORD_PATTERN = /^(\d{1,2}),(\d{1,2})(?:,([^,]*))?(?:,.*)?$/;

/** What is stored for a symbol: its scales, and where its book comes from, as in `2,8,live` or `2,8`. */
export function encodeInstrument({ priceScale, sizeScale, sourceKind }: FeedInstrument): string {
  const scales = `${String(priceScale)},${String(sizeScale)}`;
  return sourceKind === undefined ? scales : `${scales},${sourceKind}`;
}

/** Undefined where the record is of no version. */
export function decodeInstrument(symbol: string, record: string): FeedInstrument | undefined {
  const [, priceScale, sizeScale, sourceKind] = RECORD_PATTERN.exec(record) ?? [];
  if (priceScale === undefined || sizeScale === undefined) return undefined;
  const instrument = { symbol, priceScale: Number(priceScale), sizeScale: Number(sizeScale) };
  return isSourceKind(sourceKind) ? { ...instrument, sourceKind } : instrument;
}
