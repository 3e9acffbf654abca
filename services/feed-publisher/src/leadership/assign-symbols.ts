import { hash } from 'node:crypto';

import type { RosterEntry } from '@outcry/broker';

/**
 * Which publisher is to lead each symbol that any of them offers: the one that ranks highest for it (rendezvous hashing), as long
 * as that has no more than its share. Everybody who sees the same publishers comes to the same answer, and when one comes or
 * goes most of the others' symbols stay where they are.
 */
export function assignSymbols(publishers: readonly RosterEntry[]): ReadonlyMap<string, string> {
  const offering = publishers
    .filter(({ offers }) => offers.length > 0)
    .map(({ publisher, offers }) => ({ publisher, offers: new Set(offers), load: 0 }));
  const symbols = [...new Set(offering.flatMap(({ offers }) => [...offers]))].sort();
  const share = Math.ceil(symbols.length / offering.length);
  const assignment = new Map<string, string>();
  for (const symbol of symbols) {
    const ranked = offering
      .filter(({ offers }) => offers.has(symbol))
      .map((candidate) => ({ candidate, rank: hash('sha1', `${candidate.publisher} ${symbol}`) }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1))
      .map(({ candidate }) => candidate);
    // Where all who offer it have their share, others offer less: the least loaded takes more than that.
    const chosen = ranked.find(({ load }) => load < share) ?? ranked.reduce((a, b) => (b.load < a.load ? b : a));
    chosen.load++;
    assignment.set(symbol, chosen.publisher);
  }
  return assignment;
}
