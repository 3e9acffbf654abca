import type { Position } from '@outcry/client';

import type { Entry, MessageEntry } from './entry.ts';

/** What a stretch holds; past it, what is further from where it grows goes. */
export const MAX_ENTRIES = 1_000;

/** Entries of a conversation in its order, without a hole that is not marked: up to 1,000 of them. */
export class Stretch {
  #entries: Entry[];
  #ids: Set<string>;
  #from: Position | undefined;
  /** Whether there may be something before it: only an answer says that there is nothing. */
  hasOlder: boolean;

  constructor({ entries = [], from, hasOlder = false }: Partial<Pick<Stretch, 'entries' | 'from' | 'hasOlder'>> = {}) {
    this.#entries = [...entries];
    this.#ids = new Set(entries.map(({ id }) => id));
    this.#from = from;
    this.hasOlder = hasOlder;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The place from which on everything of the conversation is here. */
  get from(): Position | undefined {
    return this.#from;
  }

  get isFull(): boolean {
    return this.#entries.length >= MAX_ENTRIES;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  copy(): Stretch {
    return new Stretch(this);
  }

  /** A place in the room's order before anything is here. */
  begin(from: Position): void {
    this.#from = from;
    this.hasOlder = from.seq > 1;
  }

  /** Adds at the end; the oldest go where there is no room. */
  append(...entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#ids.add(entry.id);
      this.#entries.push(entry);
    }
    const gone = this.#entries.splice(0, this.#entries.length - MAX_ENTRIES);
    if (gone.length === 0) return;
    for (const { id } of gone) this.#ids.delete(id);
    this.#from = this.#entries.find(isNumbered)?.position ?? this.#from;
    this.hasOlder = true;
  }

  /** Adds what lies before, down to `from`; the newest go where there is no room. Whether any went. */
  prepend(messages: readonly MessageEntry[], from: Position): boolean {
    const unknown = messages.filter(({ id }) => !this.#ids.has(id));
    for (const { id } of unknown) this.#ids.add(id);
    this.#entries.unshift(...unknown);
    this.#from = from;
    const gone = this.#entries.splice(MAX_ENTRIES);
    for (const { id } of gone) this.#ids.delete(id);
    return gone.length > 0;
  }

  /** Takes the last entry out. */
  pop(): Entry | undefined {
    const entry = this.#entries.pop();
    if (entry !== undefined) this.#ids.delete(entry.id);
    return entry;
  }
}

function isNumbered(entry: Entry): entry is MessageEntry & { readonly position: Position } {
  return entry.kind === 'message' && entry.position !== undefined;
}
