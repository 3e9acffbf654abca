import type { Router } from '../redis/router.ts';
import { ANNOUNCE_INTERVAL_MS, ARCHIVED_NUMBERING_TTL_MS } from './defaults.ts';
import type { RoomKeys } from './keys.ts';
import { ANNOUNCE } from './scripts/announce.lua.ts';
import { UNARCHIVED_MS } from './scripts/unarchived.ts';

/** Rooms that are known to be announced; with one more, all are announced again. */
const MAX_KNOWN_ROOMS = 10_000;

export interface AnnouncerParts {
  readonly redis: Pick<Router, 'runScript'>;
  readonly keys: RoomKeys;
}

/**
 * Says which rooms there is something of to archive: before the first message that is published from here, and again with the first behind
 * each interval. It goes the way of the message, ahead of it, so what is stored was announced.
 */
export class Announcer {
  readonly #parts: AnnouncerParts;
  readonly #announcedAt = new Map<string, number>();
  /** Those of which it is not known whether it was taken, with how long what is published there is kept. */
  readonly #owed = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  announce(room: string, retentionMs: number): void {
    const now = performance.now();
    if (now - (this.#announcedAt.get(room) ?? -Infinity) < ANNOUNCE_INTERVAL_MS) return;
    if (this.#announcedAt.size >= MAX_KNOWN_ROOMS) this.#announcedAt.clear();
    this.#announcedAt.set(room, now);
    this.#send(room, retentionMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#owed.clear();
  }

  #send(room: string, retentionMs: number): void {
    const { archived, archives } = this.#parts.keys.archiveOf(room);
    this.#owed.delete(room);
    // The list outlives the numbering of its last room: so what was lost of that can be told.
    const args = [room, archives, ARCHIVED_NUMBERING_TTL_MS + 2 * Math.max(retentionMs, UNARCHIVED_MS)];
    this.#parts.redis.runScript(ANNOUNCE, [archived], args).catch(() => {
      this.#owe(room, retentionMs);
    });
  }

  #owe(room: string, retentionMs: number): void {
    if (this.#isClosed || this.#owed.size >= MAX_KNOWN_ROOMS) return;
    this.#owed.set(room, retentionMs);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const [owed, ms] of this.#owed) this.#send(owed, ms);
    }, ANNOUNCE_INTERVAL_MS).unref();
  }
}
