import type { Connection } from './connection.ts';

/** How long what has come may wait, and how many parts of them read at different times within it. */
const PERIOD_MS = 100;
const PARTS = 10;

/**
 * Connections that read all there is now and then. On loopback the sender of a segment is charged with waking its receiver,
 * which no server is charged with that has a network before it; and a thousand sockets that read at once are more work than
 * most servers that write to them.
 */
export class Idlers {
  readonly #parts: readonly Set<Connection>[] = Array.from({ length: PARTS }, () => new Set<Connection>());
  #added = 0;
  #turn = 0;
  #timer: NodeJS.Timeout | undefined;

  add(connection: Connection): void {
    connection.stopsAfterRead = true;
    this.#parts[this.#added % PARTS]?.add(connection);
    this.#added += 1;
    this.#timer ??= setInterval(() => {
      this.#turn = (this.#turn + 1) % PARTS;
      for (const idler of this.#parts[this.#turn] ?? []) idler.resume();
    }, PERIOD_MS / PARTS);
  }

  remove(connection: Connection): void {
    connection.stopsAfterRead = false;
    for (const part of this.#parts) part.delete(connection);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
