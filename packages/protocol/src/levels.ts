/** `[price, size]` in ticks and lots: integers, exact up to 2^53. Size 0 removes the level. */
export type Level = readonly [price: number, size: number];

/** One side of a book, with what is needed to print its levels as decimals. Bids run high to low, asks low to high. */
export interface BookSide {
  readonly levels: readonly Level[];
  readonly priceScale: number;
  readonly sizeScale: number;
}

/** Levels as a client receives them: integer pairs in msgpack, decimal string pairs in JSON. */
export type WireLevels = readonly (readonly [number | string, number | string])[];

/** Prints a scaled integer as a decimal string with exactly `scale` decimals: (6173763, 2) is "61737.63". */
export function formatScaled(value: number, scale: number): string {
  if (scale === 0) return String(value);
  const digits = String(Math.abs(value)).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${value < 0 ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}
