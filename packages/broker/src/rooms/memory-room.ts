import { appendSeq, type Position } from '@outcry/protocol';
import type { HistoryRange, PublishRequest, Retention, RoomHistory, RoomMessage } from './broker.ts';
import { NUMBERING_TTL_MS } from './defaults.ts';
import { createEpoch } from './epoch.ts';

/** Messages past their retention that may wait to be cut off together: cutting moves the whole log. */
const TRIM_SLACK = 64;

/** One room's numbering and its log, whose messages are contiguous. */
export class MemoryRoom {
  readonly #epoch = createEpoch();
  #seq = 0;
  #log: RoomMessage[] = [];
  #retention: Retention = { count: 0, ms: 0 };
  #touchedAt: number;

  constructor(now: number) {
    this.#touchedAt = now;
  }

  get position(): Position {
    return { epoch: this.#epoch, seq: this.#seq };
  }

  append({ room, head, origin, retention }: PublishRequest, now: number): RoomMessage {
    this.#seq += 1;
    const message = { room, position: this.position, frame: appendSeq(head, this.#seq), origin, at: now };
    this.#retention = retention;
    this.#log.push(message);
    if (retention.count === 0) this.#log = [];
    else if (this.#log.length > retention.count + TRIM_SLACK) this.#log.splice(0, this.#log.length - retention.count);
    this.touch(now);
    return message;
  }

  read(range: HistoryRange, retention: Retention, now: number): RoomHistory {
    const kept = this.#log.slice(Math.max(0, this.#log.length - retention.count));
    const fresh = kept.slice(firstFresh(kept, now - retention.ms));
    return { head: this.position, messages: 'after' in range ? following(fresh, range) : newest(fresh, range) };
  }

  removeHistory(): void {
    this.#log = [];
  }

  touch(now: number): void {
    this.#touchedAt = now;
  }

  /** Cuts off what is too old, and says whether the room itself may be forgotten. */
  expire(now: number): boolean {
    this.#log.splice(0, firstFresh(this.#log, now - this.#retention.ms));
    return this.#touchedAt + Math.max(NUMBERING_TTL_MS, this.#retention.ms) <= now;
  }
}

function firstFresh(log: readonly RoomMessage[], since: number): number {
  const index = log.findIndex(({ at }) => at > since);
  return index === -1 ? log.length : index;
}

function following(log: readonly RoomMessage[], { after, limit }: { after: number; limit: number }): RoomMessage[] {
  const start = Math.max(0, after + 1 - (log[0]?.position.seq ?? 0));
  return log.slice(start, start + limit);
}

function newest(
  log: readonly RoomMessage[],
  { before, limit }: { before?: number | undefined; limit: number },
): RoomMessage[] {
  const end = before === undefined ? log.length : Math.max(0, before - (log[0]?.position.seq ?? 0));
  const head = log.slice(0, end);
  return head.slice(Math.max(0, head.length - limit));
}
