import { OutcryError, type Position } from '@outcry/client';

import type { MessageEntry } from './entry.ts';
import type { Timeline } from './timeline.ts';

/** Messages asked for at once. */
export const PAGE = 50;
/** Pages without anything of this conversation that are passed over unasked: an inbox is shared by all of them. */
const MAX_UNASKED = 5;
/** A room's last messages come in parts: before they are there, nobody knows whether there is room for more. */
const SETTLING_MS = 300;

/** A part of a room's past, as far as it belongs to one conversation. */
export interface PastPage {
  /** The room's, now: positions of another one are gone. */
  readonly epoch: string;
  /** The first and the last message of the part, of whichever conversation; undefined where there was none. */
  readonly from: Position | undefined;
  readonly to: Position | undefined;
  /** Oldest first. */
  readonly entries: readonly MessageEntry[];
}

export interface PastReaderOptions {
  readonly timeline: Timeline;
  /** The newest messages before a number. */
  readonly read: (range: { readonly before: number; readonly limit: number }) => Promise<PastPage>;
  readonly onChange: () => void;
}

/** Pages through a room's past in both directions, one page at a time. What there is, the answers say, not the numbers. */
export class PastReader {
  readonly #options: PastReaderOptions;
  #loading: 'older' | 'newer' | undefined;
  #hasFailed = false;
  #unasked = 0;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PastReaderOptions) {
    this.#options = options;
  }

  /** What is being fetched. */
  get loading(): 'older' | 'newer' | undefined {
    return this.#loading;
  }

  /** Whether somebody has to ask for the next page: the last one could not be had, or there were many without anything. */
  get isWaiting(): boolean {
    return this.#hasFailed || this.#unasked >= MAX_UNASKED;
  }

  /** Somebody asks, or there is a connection again. */
  wake(): void {
    this.#hasFailed = false;
    this.#unasked = 0;
  }

  /** The room's last messages are on their way. */
  settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      this.#options.onChange();
    }, SETTLING_MS);
  }

  loadOlder(): void {
    if (this.#settling === undefined && this.#options.timeline.hasOlder)
      this.#load('older', this.#loadOlder.bind(this));
  }

  /** Goes on towards the end, with what the page has, or with what it asks for. */
  loadNewer(): void {
    const { timeline, onChange } = this.#options;
    if (!timeline.isCut || this.#loading !== undefined) return;
    if (timeline.advance()) onChange();
    else this.#load('newer', this.#loadNewer.bind(this));
  }

  #load(direction: 'older' | 'newer', load: () => Promise<void>): void {
    if (this.#loading !== undefined || this.isWaiting) return;
    const { onChange, timeline } = this.#options;
    this.#loading = direction;
    load()
      .catch((error: unknown) => {
        const mayPass = error instanceof OutcryError && (error.isRetryable || PASSING.has(error.code));
        this.#hasFailed = mayPass;
        if (mayPass) return;
        if (direction === 'older') timeline.endPast();
        else timeline.skipToEnd();
      })
      .finally(() => {
        this.#loading = undefined;
        onChange();
      });
    onChange();
  }

  async #loadOlder(): Promise<void> {
    const { timeline, read } = this.#options;
    const { from } = timeline;
    if (from === undefined) return;
    const page = await read({ before: from.seq, limit: PAGE });
    // Asked for before something else was shown: what came belongs to what is shown no more.
    if (timeline.from !== from) return;
    if (page.from === undefined || page.epoch !== from.epoch) {
      timeline.endPast();
      return;
    }
    this.#unasked = page.entries.length === 0 ? this.#unasked + 1 : 0;
    timeline.prepend(page.entries, page.from);
    if (page.from.seq === 1) timeline.endPast();
  }

  /** Numbers have no holes, so that the page behind a number can be asked for from its far end; a part of it comes again. */
  async #loadNewer(): Promise<void> {
    const { timeline, read } = this.#options;
    const { to } = timeline;
    if (to === undefined) return;
    const entries: MessageEntry[] = [];
    let first = to.seq + PAGE + 1;
    let last: Position | undefined;
    while (first > to.seq + 1) {
      const page = await read({ before: first, limit: first - to.seq - 1 });
      if (page.epoch !== to.epoch || page.from === undefined || page.from.seq >= first) break;
      entries.unshift(...page.entries.filter(({ position }) => position !== undefined && position.seq > to.seq));
      first = page.from.seq;
      last ??= page.to;
    }
    if (timeline.to !== to) return;
    if (last === undefined || last.seq <= to.seq) timeline.skipToEnd();
    else timeline.extend(entries, last, Math.max(0, first - to.seq - 1));
  }
}

/** Of the client's own codes, those behind which the same may succeed. */
const PASSING: ReadonlySet<string> = new Set(['timedOut', 'disconnected', 'queueFull']);
