import { PARTITION_TAGS, partitionTagOf } from '../partition.ts';
import type { KeySpace } from '../redis/keys.ts';

/** What is written down of the rooms of one partition. */
export interface EventNames {
  /** A stream of what nobody has taken yet (presence/scripts/note.lua.ts). */
  readonly events: string;
  /** A hash: how it is numbered, and what has become of it (scripts/journal.lua.ts). */
  readonly journal: string;
  /** A stream of what could not be delivered. */
  readonly dead: string;
  /** A channel for word that there is something again. */
  readonly happened: string;
}

/** Where the comings and goings of a room are written down. */
export function eventNamesOf(space: KeySpace, room: string): EventNames {
  return eventNamesIn(space, partitionTagOf(room));
}

export function eventNamesIn(space: KeySpace, tag: string): EventNames {
  const base = space.baseIn(tag);
  return {
    events: `${base}events/`,
    journal: `${base}journal/`,
    dead: `${base}dead/`,
    happened: `${base}happened/`,
  };
}

/** @throws RangeError where there is no such partition */
export function tagOfPartition(partition: number): string {
  const tag = PARTITION_TAGS[partition];
  if (tag === undefined) throw new RangeError(`expected a partition from 0 to ${String(PARTITION_TAGS.length - 1)}`);
  return tag;
}
