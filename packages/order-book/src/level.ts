/** `[price, size]` in ticks and lots: integers, exact up to 2^53. In a delta, size 0 removes the level. */
export type Level = readonly [price: number, size: number];

/** Which half of a book: bids run high to low, asks low to high. */
export const Side = { Bids: 'bids', Asks: 'asks' } as const;
export type Side = (typeof Side)[keyof typeof Side];
