import type { Router } from '../redis/router.ts';
import type { ServerLine } from '../redis/server-line.ts';
import { createEpoch } from './epoch.ts';
import type { RoomKeys } from './keys.ts';
import { TAKE_OVER } from './scripts/take-over.lua.ts';

export interface TakeoverParts {
  readonly redis: Router;
  readonly keys: RoomKeys;
}

/** Rooms that a server is to number which another one has numbered last. */
export class Takeovers {
  readonly #parts: TakeoverParts;
  readonly #running = new Map<string, Promise<string>>();

  constructor(parts: TakeoverParts) {
    this.#parts = parts;
  }

  /** Under which line to publish to the room: at once, or when that is known and no takeover of the room is in progress. */
  lineFor(room: string): string | Promise<string> {
    const line = this.#lineOf(room);
    const running = this.#running.get(room);
    if (running === undefined) return line.current ?? line.find();
    // What was refused for the same reason, and waits for the takeover itself, was sent before: it goes first, being nearer to it.
    return running.then(
      () => line.current ?? line.find(),
      () => line.find(),
    );
  }

  /** Resolves with the line under which the room can be published to. @throws OutcryError as a connection does */
  run(room: string): Promise<string> {
    const running = this.#running.get(room);
    if (running !== undefined) return running;
    const takeover = this.#takeOver(room).finally(() => {
      this.#running.delete(room);
    });
    this.#running.set(room, takeover);
    return takeover;
  }

  async #takeOver(room: string): Promise<string> {
    const { redis, keys } = this.#parts;
    // It may be this node that has not noticed: then the room is numbered by the right server already.
    const line = await this.#lineOf(room).find();
    await redis.runScript(TAKE_OVER, [keys.of(room).meta], [createEpoch(), line]);
    return line;
  }

  #lineOf(room: string): ServerLine {
    const { redis, keys } = this.#parts;
    return redis.lineOf(keys.of(room).meta);
  }
}
