import { PARTITION_COUNT, PARTITION_TAGS, partitionOf } from '../partition.ts';
import type { HubPart } from '../memory/hub.ts';
import { OutcryError } from '../outcry-error.ts';
import { MAX_EVENTS } from './defaults.ts';
import {
  type DeadLetter,
  type Holder,
  type JournalEntry,
  type JournalPage,
  type Settlement,
  type Transition,
  TransitionKind,
} from './journal.ts';
import { Telling } from './telling.ts';
import { toPage, toState } from './to-page.ts';

export function createMemoryEvents(): MemoryEvents {
  return new MemoryEvents();
}

/** A member's coming or going, as it happens. */
export interface Noted {
  readonly room: string;
  readonly user: string;
  readonly isJoined: boolean;
  /** Users in the room behind it. */
  readonly count: number;
}

class Partition {
  epoch = '';
  seq = 0;
  sent = 0;
  lost = 0;
  undelivered = 0;
  told = '';
  fence = 0;
  entries: JournalEntry[] = [];
  dead: DeadLetter[] = [];
}

type Unplaced =
  Omit<Transition, 'seq' | 'at' | 'key' | 'id'> | Pick<Extract<JournalEntry, { letter: string }>, 'letter'>;

/** Of a hub, which is its only run. */
const RUN = 'memory';

/** The events of a hub. Every call is one atomic step, because nothing else runs in between. */
export class MemoryEvents implements HubPart {
  readonly #watches = new Map<number, Set<() => void>>();
  #partitions = createPartitions();
  #epochs = 0;
  #keys = 0;

  note(noted: Noted, telling: Telling, maxEntries: number): void {
    const kinds = kindsOf(noted, telling);
    if (kinds.length === 0) return;
    const { room, user, count } = noted;
    this.#append(partitionOf(room), { kinds, room, user, count }, maxEntries);
  }

  claim({ partition, fence }: Holder): void {
    this.#open(partition, fence).fence = fence;
  }

  read({ partition, fence }: Holder, max: number): JournalPage {
    const found = this.#open(partition, fence);
    const { entries } = found;
    const tag = PARTITION_TAGS[partition] ?? '';
    return toPage({ tag, run: RUN, state: found, size: entries.length, entries: entries.slice(0, max) });
  }

  settle({ partition, fence }: Holder, page: JournalPage, settlement: Settlement): void {
    const found = this.#open(partition, fence);
    if (found.epoch !== page.state.epoch) return;
    Object.assign(found, toState(page, settlement, RUN), { fence });
    const { upTo, dead } = settlement;
    if (upTo !== undefined) found.entries = found.entries.filter(({ seq }) => seq > upTo.seq);
    found.dead = [...found.dead, ...dead].slice(-MAX_EVENTS);
  }

  watch(partition: number, onHappened: () => void): () => void {
    const watches = this.#watches.get(partition) ?? new Set();
    this.#watches.set(partition, watches.add(onHappened));
    return () => watches.delete(onHappened);
  }

  resend(partition: number, maxEntries: number): number {
    const letters = this.#of(partition).dead.splice(0);
    for (const { letter } of letters) this.#append(partition, { letter }, maxEntries);
    return letters.length;
  }

  clear(): void {
    this.#partitions = createPartitions();
  }

  #append(partition: number, entry: Unplaced, maxEntries: number): void {
    const found = this.#of(partition);
    found.seq += 1;
    if (found.seq === 1) found.epoch = String((this.#epochs += 1));
    const wasEmpty = found.entries.length === 0;
    const key = String((this.#keys += 1));
    const at = Math.max(Date.now(), found.entries.at(-1)?.at ?? 0);
    const place = { seq: found.seq, at, key, id: `${PARTITION_TAGS[partition] ?? ''}-${key}` };
    found.entries = [...found.entries, { ...place, ...entry }].slice(-maxEntries);
    if (wasEmpty) for (const onHappened of this.#watches.get(partition) ?? []) onHappened();
  }

  #open(partition: number, fence: number): Partition {
    const found = this.#of(partition);
    if (found.fence > fence) throw new OutcryError('fenced', 'somebody else takes the events');
    return found;
  }

  #of(partition: number): Partition {
    const found = this.#partitions[partition];
    if (found === undefined) throw new RangeError(`expected a partition from 0 to ${String(PARTITION_COUNT - 1)}`);
    return found;
  }
}

function createPartitions(): readonly Partition[] {
  return PARTITION_TAGS.map(() => new Partition());
}

function kindsOf({ isJoined, count }: Noted, telling: Telling): readonly TransitionKind[] {
  const kinds: TransitionKind[] = [];
  if (telling.includes(Telling.Members)) kinds.push(isJoined ? TransitionKind.Joined : TransitionKind.Left);
  if (!telling.includes(Telling.Rooms)) return kinds;
  if (isJoined) return count === 1 ? [TransitionKind.Occupied, ...kinds] : kinds;
  return count === 0 ? [...kinds, TransitionKind.Vacated] : kinds;
}
