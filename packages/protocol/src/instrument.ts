import type { SourceKind } from './source-kind.ts';

/** A symbol whose book can be subscribed to. Scales are decimal places: a price of 6173763 at scale 2 is 61737.63. */
export interface Instrument {
  readonly symbol: string;
  readonly priceScale: number;
  readonly sizeScale: number;
  /** Levels per side on offer; 0 is the whole book. */
  readonly depths: readonly number[];
  /** Milliseconds between frames on offer; 0 is every frame of the base feed. */
  readonly intervals: readonly number[];
  /** Absent where the publisher does not say. */
  readonly kind?: SourceKind | undefined;
}
