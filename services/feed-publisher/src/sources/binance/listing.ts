import type { Scales } from '../book-source.ts';

/** What the venue says of a symbol. */
export interface Listing {
  /** Of its tick and step size; undefined where the venue does not know the symbol. */
  readonly scales: Scales | undefined;
  /** Why there is no trade in it now, in words; undefined where there is. */
  readonly untraded: string | undefined;
}

/** The venue's word for a symbol that is being traded. */
const TRADED = 'TRADING';

export function listed(symbol: string, scales: Scales, status: string): Listing {
  const untraded = status === TRADED ? undefined : `the venue does not trade ${symbol} now: ${status}`;
  return { scales, untraded };
}

export function unlisted(symbol: string): Listing {
  const asWritten = symbol.replaceAll(/[^\p{L}\p{N}_]/gu, '').toUpperCase();
  const hint = asWritten === symbol ? '' : `; its symbols are written like ${asWritten}`;
  return { scales: undefined, untraded: `the venue does not know ${symbol}${hint}` };
}
