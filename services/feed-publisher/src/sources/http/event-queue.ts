import { BookEventKind, type SourceEvent } from '../book-source.ts';

/** What may wait for the publisher: as many events, and as many levels in them, unless there is only one. */
export const MAX_QUEUED_EVENTS = 1000;
export const MAX_QUEUED_LEVELS = 250_000;

/** Events on their way from an engine that cannot be made to wait to a publisher that may have to. */
export class EventQueue {
  #events: SourceEvent[] = [];
  #levelCount = 0;
  #wake: (() => void) | undefined;

  /** Whether there is no room for so many more. An empty queue takes anything. */
  isFullFor(events: number, levels: number): boolean {
    if (this.#events.length === 0) return false;
    return this.#events.length + events > MAX_QUEUED_EVENTS || this.#levelCount + levels > MAX_QUEUED_LEVELS;
  }

  /** A snapshot takes the place of everything before it. */
  push(event: SourceEvent): void {
    if (event.kind === BookEventKind.Snapshot) this.clear();
    this.#events.push(event);
    this.#levelCount += levelCountOf(event);
    this.#wake?.();
  }

  clear(): void {
    this.#events = [];
    this.#levelCount = 0;
  }

  /** The next event, or undefined where `signal` aborts first. */
  async take(signal: AbortSignal): Promise<SourceEvent | undefined> {
    while (!signal.aborted) {
      const event = this.#events.shift();
      if (event !== undefined) {
        this.#levelCount -= levelCountOf(event);
        return event;
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          this.#wake = undefined;
          resolve();
        };
        signal.addEventListener('abort', wake);
        this.#wake = wake;
      });
    }
    return undefined;
  }
}

function levelCountOf(event: SourceEvent): number {
  return event.kind === BookEventKind.Interrupted ? 0 : event.bids.length + event.asks.length;
}
