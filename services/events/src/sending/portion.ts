import type { DeadLetter, JournalEntry, JournalPage, Settlement } from '@outcry/broker';

import { toEvents, toLostEvent, type WrittenEvent } from '../event/to-events.ts';

/** What a batch has of one partition: the oldest that there is. */
export class Portion {
  readonly partition: number;
  readonly page: JournalPage;
  readonly entries: readonly JournalEntry[];

  /** @param max entries */
  constructor(partition: number, page: JournalPage, max: number) {
    this.partition = partition;
    this.page = page;
    this.entries = page.entries.slice(0, max);
  }

  /** As they are to be told: what is missing before all else. */
  get events(): readonly WrittenEvent[] {
    const { missing } = this.page;
    const lost = missing === undefined ? [] : [toLostEvent(this.partition, missing)];
    return [...lost, ...this.#eventsOf(this.entries)];
  }

  /** What there is besides. */
  get rest(): number {
    return this.page.size - this.entries.length;
  }

  /** All of it is told, but for what the server does not want. */
  told(unwanted: ReadonlySet<string>): Settlement {
    const dead = this.events.filter(({ id }) => unwanted.has(id)).map(toLetter);
    return { upTo: this.entries.at(-1), isMissingTold: true, dead, undelivered: 0 };
  }

  /** What was written down before a time is given up; undefined where there is nothing of that kind. */
  givenUp(before: number): Settlement | undefined {
    const late = this.entries.filter(({ at }) => at < before);
    if (late.length === 0) return undefined;
    const dead = this.#eventsOf(late).map(toLetter);
    return { upTo: late.at(-1), isMissingTold: false, dead, undelivered: dead.length };
  }

  #eventsOf(entries: readonly JournalEntry[]): readonly WrittenEvent[] {
    return entries.flatMap((entry) => toEvents(this.partition, entry));
  }
}

function toLetter({ id, json }: WrittenEvent): DeadLetter {
  return { id, letter: json };
}
