import { leaseNames } from '../leases/keys.ts';
import type { KeySpace } from '../redis/keys.ts';

export interface BookNames {
  /** The latest snapshot frame. */
  readonly snapshot: string;
  /** List of the delta frames published since. */
  readonly deltas: string;
  readonly channel: string;
  /** That of the lease of the symbol's name. */
  readonly fence: string;
}

export function bookNames(space: KeySpace, symbol: string): BookNames {
  const base = space.baseOf(symbol);
  return {
    snapshot: `${base}snapshot/${symbol}`,
    deltas: `${base}deltas/${symbol}`,
    channel: `${base}feed/${symbol}`,
    fence: leaseNames(space, symbol).fence,
  };
}

/** A hash of the instruments of all feeds, by symbol. */
export function instrumentsKey(space: KeySpace): string {
  return `${space.baseOf('instruments')}instruments/`;
}
