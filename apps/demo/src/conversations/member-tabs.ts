import type { MemberEntry } from '@outcry/client';

/** A connection that was closed counts for 5 s more, for one that comes back was never away; and a second for the way. */
const CERTAIN_AFTER_MS = 6_000;

interface Sighting {
  readonly at: number;
  readonly connections: number;
}

/**
 * How many connections each user has for sure: as many as there were for longer than a closed one is counted. A page that was
 * loaded anew is not two.
 */
export class MemberTabs {
  #sightings = new Map<string, readonly Sighting[]>();

  /** Takes an answer to the question who is there, and says it with the numbers that are certain. */
  count(members: readonly MemberEntry[], now: number): readonly MemberEntry[] {
    this.#sightings = new Map(
      members.map(({ user, connections }) => [
        user,
        [...recent(this.#sightings.get(user), now), { at: now, connections }],
      ]),
    );
    return members.map((member) => ({ ...member, connections: certain(this.#sightings.get(member.user), now) }));
  }
}

/** Those of the time that counts, and the last one before it. */
function recent(sightings: readonly Sighting[] = [], now: number): readonly Sighting[] {
  const first = sightings.findLastIndex(({ at }) => now - at >= CERTAIN_AFTER_MS);
  return sightings.slice(Math.max(0, first));
}

function certain(sightings: readonly Sighting[] = [], now: number): number {
  const [first] = sightings;
  const isLong = first !== undefined && now - first.at >= CERTAIN_AFTER_MS;
  return isLong ? Math.min(...sightings.map(({ connections }) => connections)) : 1;
}
