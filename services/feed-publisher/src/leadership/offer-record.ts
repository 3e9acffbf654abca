import type { RosterEntry } from '@outcry/broker';

/** Since when each publisher has offered each symbol without a break, as seen from here. */
export class OfferRecord {
  #since = new Map<string, number>();

  /** The roster as it was read at that time (monotonic). */
  update(publishers: readonly RosterEntry[], now: number): void {
    const since = new Map<string, number>();
    for (const { publisher, offers } of publishers) {
      for (const symbol of offers) {
        const key = keyOf(publisher, symbol);
        since.set(key, this.#since.get(key) ?? now);
      }
    }
    this.#since = since;
  }

  hasOffered(publisher: string, symbol: string, since: number): boolean {
    return (this.#since.get(keyOf(publisher, symbol)) ?? Infinity) <= since;
  }
}

function keyOf(publisher: string, symbol: string): string {
  return `${publisher} ${symbol}`;
}
