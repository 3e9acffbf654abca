import { appendSeq, type Position } from '@outcry/protocol';
import type { HistoryRange, PublishRequest, Retention, RoomHistory, RoomMessage, RoomWeight } from './broker.ts';
import { EMPTY_NUMBERING_TTL_MS, HISTORY_BYTES, NUMBERING_TTL_MS } from './defaults.ts';
import type { KeptNumbering } from './room-keeper.ts';

/** Messages past their retention that may wait to be cut off together: cutting moves the whole log. */
const TRIM_SLACK = 64;

/** One room's numbering and its log, whose messages are contiguous. */
export class MemoryRoom {
  readonly #epoch: string;
  readonly #ended: KeptNumbering['ended'];
  #seq: number;
  #log: RoomMessage[] = [];
  /** Of the messages in the log. */
  #bytes = 0;
  #retention: Retention = { count: 0, ms: 0 };
  #touchedAt: number;

  /** @param behind What it goes on from under the epoch. */
  constructor(now: number, epoch: string, behind: KeptNumbering = { seq: 0, ended: new Map() }) {
    this.#touchedAt = now;
    this.#epoch = epoch;
    this.#seq = behind.seq;
    this.#ended = behind.ended;
  }

  get position(): Position {
    return { epoch: this.#epoch, seq: this.#seq };
  }

  get weight(): RoomWeight {
    return { messages: this.#log.length, bytes: this.#bytes };
  }

  append({ room, head, info, origin, trace, retention }: PublishRequest, now: number): RoomMessage {
    this.#seq += 1;
    const frame = appendSeq(head, this.#seq);
    const about = {
      ...(info === undefined ? {} : { info: info.slice() }),
      ...(trace === undefined ? {} : { trace: { ...trace, receivedAt: performance.now() } }),
    };
    const message: RoomMessage = { room, position: this.position, frame, ...about, origin, at: now };
    this.#retention = retention;
    this.#log.push(message);
    this.#bytes += bytesOf(message);
    if (retention.count === 0) this.removeHistory();
    else if (this.#log.length > retention.count + TRIM_SLACK) this.#cut(this.#log.length - retention.count);
    const { bytes: maxBytes = 0 } = retention;
    if (maxBytes > 0 && this.#bytes > maxBytes) this.#cutToHalf(maxBytes);
    this.touch(now);
    return message;
  }

  read(range: HistoryRange, retention: Retention, now: number): RoomHistory {
    const kept = this.#log.slice(Math.max(0, this.#log.length - retention.count));
    const fresh = kept.slice(firstFresh(kept, now - retention.ms));
    const isContinued = this.#isContinued(range);
    return { head: this.position, ...pageOf(fresh, range, this.#seq), ...(isContinued ? { isContinued } : {}) };
  }

  #isContinued(range: HistoryRange): boolean {
    if (!('after' in range) || range.epoch === undefined) return false;
    return range.after <= (this.#ended.get(range.epoch) ?? -1);
  }

  removeHistory(): void {
    this.#log = [];
    this.#bytes = 0;
  }

  touch(now: number): void {
    this.#touchedAt = now;
  }

  /** Cuts off what is too old, and says whether the room itself may be forgotten. */
  expire(now: number): boolean {
    this.#cut(firstFresh(this.#log, now - this.#retention.ms));
    const ttlMs = this.#seq === 0 ? EMPTY_NUMBERING_TTL_MS : Math.max(NUMBERING_TTL_MS, this.#retention.ms);
    return this.#touchedAt + ttlMs <= now;
  }

  #cut(count: number): void {
    for (const message of this.#log.splice(0, count)) this.#bytes -= bytesOf(message);
  }

  /** What comes next has room then without cutting each time. The newest message stays, however large. */
  #cutToHalf(maxBytes: number): void {
    let count = 0;
    for (let bytes = this.#bytes; 2 * bytes > maxBytes && count < this.#log.length - 1; count += 1) {
      const oldest = this.#log[count];
      if (oldest !== undefined) bytes -= bytesOf(oldest);
    }
    this.#cut(count);
  }
}

function firstFresh(log: readonly RoomMessage[], since: number): number {
  const index = log.findIndex(({ at }) => at > since);
  return index === -1 ? log.length : index;
}

function bytesOf({ frame, info }: RoomMessage): number {
  return frame.length + (info?.length ?? 0);
}

type Page = Pick<RoomHistory, 'messages' | 'hasMore'>;

/** `log` is what the retention keeps, up to `last`. */
function pageOf(log: readonly RoomMessage[], range: HistoryRange, last: number): Page {
  const { maxBytes = HISTORY_BYTES } = range;
  const oldest = log[0]?.position.seq ?? last + 1;
  if ('after' in range) return page(log.slice(Math.max(0, range.after + 1 - oldest)), { limit: range.limit, maxBytes });
  if ('last' in range) return page(log.slice(Math.max(0, log.length - range.last)), { limit: range.last, maxBytes });
  const end = range.before === undefined ? log.length : Math.max(0, range.before - oldest);
  const { messages, hasMore } = page(log.slice(0, end).reverse(), { limit: range.limit, maxBytes });
  return { messages: [...messages].reverse(), hasMore };
}

/** From the first on, as many as go into one page. */
function page(log: readonly RoomMessage[], { limit, maxBytes }: { limit: number; maxBytes: number }): Page {
  let bytes = 0;
  const end = log.findIndex((message, i) => i === limit || ((bytes += bytesOf(message)) > maxBytes && i > 0));
  return end === -1 ? { messages: log, hasMore: false } : { messages: log.slice(0, end), hasMore: true };
}
