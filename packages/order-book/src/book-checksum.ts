import { crc32 } from './crc32.ts';
import type { Level } from './level.ts';

const CHECKED_LEVELS = 10;

/**
 * Kraken's book checksum: CRC-32 of the ten best asks, low to high, and the ten best bids, high to low. Of each level the
 * price and the size count, as decimals at the instrument's scales without their point and leading zeros: for scaled
 * integers, their digits. A side with fewer levels counts with those it has. Both sides come best first.
 */
export function bookChecksum(bids: readonly Level[], asks: readonly Level[]): number {
  return crc32(digitsOf(asks) + digitsOf(bids));
}

function digitsOf(side: readonly Level[]): string {
  let digits = '';
  for (const [price, size] of side.slice(0, CHECKED_LEVELS)) digits += withoutLeadingZeros(price) + String(size);
  return digits;
}

/** A price can be zero, as that of a spread; nothing is left of it then. */
function withoutLeadingZeros(price: number): string {
  return price === 0 ? '' : String(price);
}
