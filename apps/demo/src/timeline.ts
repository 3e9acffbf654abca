/** What a page holds of one conversation; past it the oldest go, and can be had again by scrolling back. */
const MAX_ENTRIES = 1_000;

/** An own message is `sending` until the gateway has it, then `stored` until it comes back, numbered, as `shown`. */
export type MessageState = 'shown' | 'sending' | 'stored' | 'failed';

export interface MessageEntry {
  readonly kind: 'message';
  /** Unique in the timeline and stable while the state changes. */
  readonly id: string;
  readonly from: string;
  readonly text: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly state: MessageState;
  /** Why it failed. */
  readonly problem?: string | undefined;
}

/** A place where the conversation was interrupted. */
export interface DividerEntry {
  readonly kind: 'divider';
  readonly id: string;
  /** Whether messages may be missing here. */
  readonly isGap: boolean;
}

export type Entry = MessageEntry | DividerEntry;

/** What a conversation has shown, in the room's order, followed by own messages that are not in it yet. */
export class Timeline {
  #shown: Entry[] = [];
  #outbox: MessageEntry[] = [];
  #ids = new Set<string>();
  #dividers = 0;
  #shownCount = 0;

  get entries(): readonly Entry[] {
    return [...this.#shown, ...this.#outbox];
  }

  /** How many messages have been shown as they came; those of the past do not count. */
  get shownCount(): number {
    return this.#shownCount;
  }

  /** Whether it holds as much as it may. */
  get isFull(): boolean {
    return this.#shown.length >= MAX_ENTRIES;
  }

  /** Own messages that the room has not shown yet, in the order they were said. */
  get outbox(): readonly MessageEntry[] {
    return this.#outbox;
  }

  /** Shows a message of the room; an own one takes the place of its entry in the outbox. False for one that is shown already. */
  show(message: MessageEntry): boolean {
    this.discard(message.id);
    if (this.#ids.has(message.id)) return false;
    this.#ids.add(message.id);
    this.#shownCount += 1;
    this.#append(message);
    return true;
  }

  /** Puts messages of the past, oldest first, before all that is shown; what does not fit is left in the past. */
  prepend(messages: readonly MessageEntry[]): void {
    const room = MAX_ENTRIES - this.#shown.length;
    const unknown = messages.filter(({ id }) => !this.#ids.has(id)).slice(-room);
    if (room <= 0) return;
    for (const { id } of unknown) this.#ids.add(id);
    this.#shown.unshift(...unknown);
  }

  /** Adds an own message behind all that is shown. */
  post(message: MessageEntry): void {
    this.#outbox.push(message);
  }

  /** Changes the state of an own message; does nothing where it has been shown since. */
  mark(id: string, state: MessageState, problem?: string): void {
    this.#outbox = this.#outbox.map((entry) => (entry.id === id ? { ...entry, state, problem } : entry));
  }

  /** Takes an own message out of the outbox. */
  discard(id: string): void {
    this.#outbox = this.#outbox.filter((entry) => entry.id !== id);
  }

  /** Marks an interruption; one that follows another directly replaces it, unless that would hide a gap. */
  divide(isGap: boolean): void {
    if (this.#shown.length === 0) return;
    const last = this.#shown.at(-1);
    if (last?.kind === 'divider') this.#shown.pop();
    this.#dividers += 1;
    const wasGap = last?.kind === 'divider' && last.isGap;
    this.#append({ kind: 'divider', id: `divider:${String(this.#dividers)}`, isGap: isGap || wasGap });
  }

  #append(entry: Entry): void {
    this.#shown.push(entry);
    for (const { id } of this.#shown.splice(0, this.#shown.length - MAX_ENTRIES)) this.#ids.delete(id);
  }
}
