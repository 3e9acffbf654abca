/** What a client was told of being stale: how often, and for how long at most. Times in milliseconds. */
export interface StaleSpells {
  readonly count: number;
  readonly longestMs: number;
  /** Those that were not over. */
  readonly lasting: number;
}

export const NO_STALE_SPELLS: StaleSpells = { count: 0, longestMs: 0, lasting: 0 };

export function addStaleSpells(a: StaleSpells, b: StaleSpells): StaleSpells {
  return {
    count: a.count + b.count,
    longestMs: Math.max(a.longestMs, b.longestMs),
    lasting: a.lasting + b.lasting,
  };
}

/** The times in which a deployment said to one client that what it has of a room or book may be old. */
export class Staleness {
  readonly #since = new Map<string, number>();
  #count = 0;
  #longestMs = 0;

  stale(what: string, now: number): void {
    if (this.#since.has(what)) return;
    this.#count++;
    this.#since.set(what, now);
  }

  fresh(what: string, now: number): void {
    const since = this.#since.get(what);
    if (since === undefined) return;
    this.#since.delete(what);
    this.#longestMs = Math.max(this.#longestMs, now - since);
  }

  /** The connection is gone, and what was said on it with it. */
  lost(now: number): void {
    for (const what of this.#since.keys()) this.fresh(what, now);
  }

  spells(now: number): StaleSpells {
    const lasting = [...this.#since.values()];
    const longestMs = lasting.reduce((longest, since) => Math.max(longest, now - since), this.#longestMs);
    return { count: this.#count, longestMs, lasting: lasting.length };
  }
}
