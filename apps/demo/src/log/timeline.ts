import type { Position } from '@outcry/client';

import type { DividerEntry, Entry, Interruption, MessageEntry, MessageState } from './entry.ts';
import { MAX_ENTRIES, Stretch } from './stretch.ts';

/** So much of the end is shown at once to a reader who comes down to it. */
const STEP = 100;

/**
 * What a page holds of a conversation: its end, followed by own messages that are not in it yet, and, while somebody reads
 * further up than the end reaches, a window on the past. Each is bounded; neither moves the other.
 */
export class Timeline {
  #end = new Stretch();
  #window: Stretch | undefined;
  #windowEnd: Position | undefined;
  #outbox: MessageEntry[] = [];
  #dividers = 0;
  #shownCount = 0;
  /** Somebody reads further up: what is shown must not go for what comes. */
  isHeld = false;

  /** What is shown. */
  get entries(): readonly Entry[] {
    return this.#window?.entries ?? [...this.#end.entries, ...this.#outbox];
  }

  /** How many messages have been shown as they came; those of the past do not count. */
  get shownCount(): number {
    return this.#shownCount;
  }

  /** Whether the end is out of reach of what is shown. */
  get isCut(): boolean {
    return this.#window !== undefined;
  }

  /** The last message of the conversation. */
  get newest(): MessageEntry | undefined {
    return this.#end.entries.findLast((entry) => entry.kind === 'message');
  }

  /** From where on everything is shown. */
  get from(): Position | undefined {
    return this.#shown.from;
  }

  /** Up to where everything is shown; undefined where the end is. */
  get to(): Position | undefined {
    return this.#windowEnd;
  }

  /** Whether there may be something before what is shown. */
  get hasOlder(): boolean {
    return this.#shown.hasOlder;
  }

  /** Own messages that the room has not shown yet, in the order they were said. */
  get outbox(): readonly MessageEntry[] {
    return this.#outbox;
  }

  /** The room is live from here on. Nothing is known of what lies before. */
  begin(from: Position): void {
    if (this.#end.entries.length === 0) this.#end.begin(from);
  }

  /** Shows a message of the room; an own one takes the place of its entry in the outbox. False for one that is shown already. */
  show(message: MessageEntry): boolean {
    this.discard(message.id);
    if (this.#end.has(message.id)) return false;
    this.#append(message);
    this.#shownCount += 1;
    return true;
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
  divide(interruption: Interruption): void {
    const last = this.#end.entries.at(-1);
    if (last === undefined) return;
    const before = last.kind === 'divider' ? last : undefined;
    if (before !== undefined) this.#end.pop();
    this.#append(this.#toDivider(before?.isGap === true ? addUp(before, interruption) : interruption));
  }

  /** Puts messages of the past, oldest first, before all that is shown; everything from `from` on is among them. */
  prepend(messages: readonly MessageEntry[], from: Position): void {
    if (this.#window === undefined && this.#end.entries.length + messages.length > MAX_ENTRIES) this.#openWindow();
    this.#shown.prepend(messages, from);
    this.#windowEnd = this.#window === undefined ? undefined : endOf(this.#window);
  }

  /** There is nothing before what is shown, or nothing that can be had. */
  endPast(): void {
    this.#shown.hasOlder = false;
  }

  /** Goes on to the end, as far as the page has what comes next. False where that has to be asked for. */
  advance(): boolean {
    const next = this.#nextOfEnd();
    if (this.#window === undefined || next === undefined) return false;
    this.#takeFromEnd(next);
    return true;
  }

  /** Puts messages behind the window, oldest first; everything up to `to` is among them, but for so many that nobody keeps. */
  extend(messages: readonly MessageEntry[], to: Position, missing = 0): void {
    const window = this.#window;
    if (window === undefined) return;
    if (missing > 0) window.append(this.#toDivider({ cause: 'skip', isGap: true, missing }));
    window.append(...messages.filter(({ id }) => !window.has(id)));
    this.#windowEnd = to;
  }

  /** What comes next cannot be had: the end follows. */
  skipToEnd(): void {
    this.#window?.append(this.#toDivider({ cause: 'skip', isGap: true }));
    this.#takeFromEnd(0);
  }

  /** Shows the end. */
  returnToEnd(): void {
    this.#window = undefined;
    this.#windowEnd = undefined;
  }

  get #shown(): Stretch {
    return this.#window ?? this.#end;
  }

  #append(entry: Entry): void {
    if (this.isHeld && this.#window === undefined && this.#end.isFull) this.#openWindow();
    this.#end.append(entry);
  }

  #openWindow(): void {
    this.#window = this.#end.copy();
    this.#windowEnd = endOf(this.#window);
  }

  /** Where in the end the window goes on; undefined where something lies between. */
  #nextOfEnd(): number | undefined {
    const last = this.#window?.entries.findLast((entry) => entry.kind === 'message');
    const index = this.#end.entries.findIndex(({ id }) => id === last?.id);
    if (index >= 0) return index + 1;
    const [to, from] = [this.#windowEnd, this.#end.from];
    const isNext = to !== undefined && from?.epoch === to.epoch && from.seq <= to.seq + 1;
    return isNext ? 0 : undefined;
  }

  #takeFromEnd(index: number): void {
    const window = this.#window;
    if (window === undefined) return;
    const entries = this.#end.entries.slice(index, index + STEP);
    window.append(...entries.filter(({ id }) => !window.has(id)));
    this.#windowEnd = endOf(window);
    if (index + entries.length < this.#end.entries.length) return;
    this.#end = window;
    this.returnToEnd();
  }

  #toDivider(interruption: Interruption): DividerEntry {
    this.#dividers += 1;
    return { ...interruption, kind: 'divider', id: `divider:${String(this.#dividers)}` };
  }
}

function endOf({ entries }: Stretch): Position | undefined {
  const last = entries.findLast((entry) => entry.kind === 'message');
  return last?.kind === 'message' ? last.position : undefined;
}

/** A gap and what followed it directly, told as one. */
function addUp(gap: Interruption, next: Interruption): Interruption {
  const isKnown = gap.missing !== undefined && (!next.isGap || next.missing !== undefined);
  return {
    cause: next.isGap ? next.cause : gap.cause,
    isGap: true,
    missing: isKnown ? gap.missing + (next.missing ?? 0) : undefined,
    awayMs: next.awayMs ?? gap.awayMs,
  };
}
