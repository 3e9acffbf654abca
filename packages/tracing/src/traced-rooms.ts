import type { BegunTrace, MessageTracing } from './message-tracing.ts';
import type { PublishTrace } from './publish-trace.ts';

/** Rooms that are traced at once: somebody looks at one, and a few look. */
const MAX_ROOMS = 4;
export const MAX_TRACED_SECONDS = 60;
const MS_PER_SECOND = 1000;

/** Rooms whose messages are traced for a while though nobody who sends them has asked for it. */
export class TracedRooms {
  /**
   * What a message has in the place of a `traceparent` of which nothing is to be told: none, and while a room is traced nothing that
   * any message has. So whoever publishes compares once, and looks here only then. A field of its own, and no getter, for that reason.
   */
  untraced: undefined | null = undefined;
  readonly #tracing: Pick<MessageTracing, 'begin'>;
  readonly #rooms = new Map<string, NodeJS.Timeout>();

  constructor(tracing: Pick<MessageTracing, 'begin'>) {
    this.#tracing = tracing;
  }

  /** From now on, for so long and a minute at most. False where too many are traced. */
  trace(room: string, seconds: number): boolean {
    if (!this.#rooms.has(room) && this.#rooms.size >= MAX_ROOMS) return false;
    clearTimeout(this.#rooms.get(room));
    const ms = Math.min(seconds, MAX_TRACED_SECONDS) * MS_PER_SECOND;
    const end = (): void => {
      this.#rooms.delete(room);
      if (this.#rooms.size === 0) this.untraced = undefined;
    };
    this.#rooms.set(room, setTimeout(end, ms).unref());
    this.untraced = null;
    return true;
  }

  /** A trace of its own for a message; undefined where its room is not traced, or more are than may be. */
  begin(message: BegunTrace): PublishTrace | undefined {
    return this.#rooms.has(message.room) ? this.#tracing.begin(message) : undefined;
  }

  close(): void {
    for (const timer of this.#rooms.values()) clearTimeout(timer);
    this.#rooms.clear();
    this.untraced = undefined;
  }
}

/** Where nobody is told of traces. */
export const NO_TRACED_ROOMS: Pick<TracedRooms, 'untraced' | 'begin'> = {
  untraced: undefined,
  begin: () => undefined,
};
