import { type FeedInstrument, OutcryError } from '@outcry/broker';
import { isSymbol, SYMBOL_RULE } from '@outcry/protocol';

/** 2^53 has sixteen digits: with more decimals than this nothing as large as 10 could be told. */
export const MAX_SCALE = 15;

/**
 * An instrument as a source offers it, where it can be one.
 *
 * @throws OutcryError `badConfig`, in words for whoever wrote or configured the source
 */
export function checkInstrument(instrument: FeedInstrument): FeedInstrument {
  const { symbol, priceScale, sizeScale } = instrument;
  if (!isSymbol(symbol)) {
    const message = `the source offers ${JSON.stringify(symbol)}, which is no symbol: expected ${SYMBOL_RULE}`;
    throw new OutcryError('badConfig', message);
  }
  for (const [name, scale] of Object.entries({ priceScale, sizeScale })) {
    if (Number.isInteger(scale) && scale >= 0 && scale <= MAX_SCALE) continue;
    throw new OutcryError(
      'badConfig',
      `${symbol}: expected a ${name} from 0 to ${String(MAX_SCALE)}, not ${String(scale)}`,
    );
  }
  return instrument;
}

/** @throws OutcryError `badConfig` where a name stands there twice */
export function checkNames(names: readonly string[]): void {
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined) throw new OutcryError('badConfig', `the source offers ${repeated} twice`);
}
