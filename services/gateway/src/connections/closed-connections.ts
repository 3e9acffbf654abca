import type { ConnectionStory } from './connection-story.ts';

/** A gateway that loses all its clients at once forgets the first of them; who is on call asks about few. */
const MAX_STORIES = 2000;
const MAX_BYTES = 2 * 1024 * 1024;
/** What a story takes besides its texts. */
const STORY_BYTES = 400;

export interface ClosedConnectionsOptions {
  /** One is remembered no more, because others were closed since. */
  readonly onForgotten: () => void;
  readonly maxStories?: number;
  readonly maxBytes?: number;
}

/** What is remembered of the connections that were closed last. What is too much lets the oldest go. */
export class ClosedConnections {
  readonly #onForgotten: () => void;
  readonly #maxStories: number;
  readonly #maxBytes: number;
  /** In the order in which they were closed; numbers count on. */
  readonly #stories = new Map<number, ConnectionStory>();
  #next = 0;
  #bytes = 0;
  #forgotUntil: number | undefined;

  constructor({ onForgotten, maxStories = MAX_STORIES, maxBytes = MAX_BYTES }: ClosedConnectionsOptions) {
    this.#onForgotten = onForgotten;
    this.#maxStories = maxStories;
    this.#maxBytes = maxBytes;
  }

  /** Since when everybody who was closed is remembered, in Unix milliseconds; undefined where nobody has been forgotten. */
  get completeSince(): number | undefined {
    return this.#forgotUntil;
  }

  add(story: ConnectionStory): void {
    this.#stories.set(this.#next, story);
    this.#next += 1;
    this.#bytes += sizeOf(story);
    while (this.#stories.size > this.#maxStories || this.#bytes > this.#maxBytes) this.#forgetOldest();
  }

  /** Those that this says so of, the last that was closed first. */
  *find(isMeant: (story: ConnectionStory) => boolean): Generator<ConnectionStory> {
    for (let i = this.#next - 1; i >= this.#next - this.#stories.size; i -= 1) {
      const story = this.#stories.get(i);
      if (story !== undefined && isMeant(story)) yield story;
    }
  }

  #forgetOldest(): void {
    const number = this.#next - this.#stories.size;
    const oldest = this.#stories.get(number);
    if (oldest === undefined) return;
    this.#stories.delete(number);
    this.#bytes -= sizeOf(oldest);
    this.#forgotUntil = oldest.closed?.at;
    this.#onForgotten();
  }
}

function sizeOf({ connection, user, address, rooms, books }: ConnectionStory): number {
  return [connection, user, address, ...rooms, ...books].reduce((bytes, text) => bytes + 2 * text.length, STORY_BYTES);
}
