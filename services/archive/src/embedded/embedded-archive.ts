import { type KeptNumbering, OutcryError, type RoomKeeper, type RoomMessage } from '@outcry/broker';
import type { Position } from '@outcry/protocol';
import type { Logger } from '@outcry/service';
import { SourceHealth } from '@outcry/worker';

import { type FoundPage, type SearchRange, SearchRefused } from '../store/archive-search.ts';
import { toArchived } from '../archiving/to-archived.ts';
import { type ArchivedMessage, type Cursor, type Gap, GapReason, type Term } from '../store/archive-store.ts';
import { isBroken } from '../store/sqlite/open-file.ts';
import { type PageRange, SqliteArchive } from '../store/sqlite/sqlite-archive.ts';

/** How long messages are gathered before they are written together: what a process that is killed may lose. */
const GATHER_MS = 100;
/** So many are written at once, however soon. */
const MAX_GATHERED_BYTES = 1024 * 1024;
/** Where the file cannot be written. */
const RETRY_MS = 1000;
/** Of what waits for a file that cannot be written; when there is more the older half is given up, and is a gap. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
const EXPIRE_MS = 60_000;
/** There is one process, and so one partition. */
const PARTITION = '0';

export interface EmbeddedArchiveOptions {
  readonly folder: string;
  readonly maxBytes: number;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

export interface EmbeddedPage {
  readonly messages: readonly {
    readonly position: Position;
    readonly frame: Buffer;
    readonly info?: Uint8Array;
    readonly at: number;
  }[];
  readonly hasMore: boolean;
}

export interface EmbeddedRefusal {
  readonly refused: SearchRefused['code'];
  readonly why: string;
}

/** Keeps what is said in the rooms of one process in a folder, and has it again when the next process opens that. */
export class EmbeddedArchive implements RoomKeeper {
  readonly #store: SqliteArchive;
  readonly #logger: EmbeddedArchiveOptions['logger'];
  readonly #health: SourceHealth;
  readonly #term: Term = { partition: PARTITION, fence: 1 };
  readonly #expiry: NodeJS.Timeout;
  #waiting: ArchivedMessage[] = [];
  #waitingBytes = 0;
  #gaps: Gap[] = [];
  /** Numberings that go on from kept ones, which the file does not know yet; in their order. */
  #begun: (readonly [room: string, epoch: string])[] = [];
  /** Nothing but another file mends that. */
  #isBroken = false;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(store: SqliteArchive, logger: EmbeddedArchiveOptions['logger']) {
    this.#store = store;
    this.#logger = logger;
    this.#health = new SourceHealth(logger, 'archive');
    this.#health.succeed();
    this.#expiry = setInterval(() => void this.#expire(), EXPIRE_MS).unref();
  }

  /** @throws OutcryError `badConfig` that says what to do */
  static async open({ folder, maxBytes, logger }: EmbeddedArchiveOptions): Promise<EmbeddedArchive> {
    const store = SqliteArchive.open({ folder, maxBytes });
    const archive = new EmbeddedArchive(store, logger);
    await store.claim(archive.#term);
    return archive;
  }

  begin(room: string, epoch: string): KeptNumbering | undefined {
    this.#write();
    if (this.#waiting.some((message) => message.room === room)) {
      throw new OutcryError('unavailable', 'what was kept of the room cannot be read now');
    }
    const kept = this.#watchFile(() => this.#store.numberingOf(room));
    if (kept === undefined) return undefined;
    this.#begun.push([room, epoch]);
    this.#write();
    return kept;
  }

  keep(message: RoomMessage): void {
    if (this.#isClosed) return;
    const archived = toArchived(message);
    this.#waiting.push(archived);
    this.#waitingBytes += sizeOf(archived);
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#giveUpHalf();
    const isDue = this.#waitingBytes >= MAX_GATHERED_BYTES && this.#health.isUp;
    if (isDue) this.#write();
    else this.#timer ??= this.#writeAfter(this.#health.isUp ? GATHER_MS : RETRY_MS);
  }

  forget(room: string): void {
    // So that the file knows how far the numbering is.
    this.#write();
    this.#watchFile(() => this.#store.forget(room));
    const kept = this.#waiting.filter((message) => message.room !== room);
    this.#waitingBytes = kept.reduce((sum, message) => sum + sizeOf(message), 0);
    this.#waiting = kept;
  }

  /**
   * A page of a room's past, in order.
   *
   * @throws OutcryError `unavailable`
   */
  read(range: PageRange): Promise<EmbeddedPage> {
    // What the rooms in memory have let go of meanwhile is in it.
    this.#write();
    return new Promise((resolve) => {
      // It does not know yet what the room goes on from.
      if (this.#begun.some(([room]) => room === range.room)) {
        throw new OutcryError('unavailable', 'what was kept of the room cannot be read now');
      }
      const { messages, hasMore } = this.#watchFile(() => this.#store.readPage(range));
      const page = messages.map(({ seq, sentAt, frame, infoBytes }) => ({
        position: { epoch: range.epoch, seq },
        frame: Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength),
        ...(infoBytes === null ? {} : { info: infoBytes }),
        at: sentAt,
      }));
      resolve({ messages: range.after === undefined ? page.reverse() : page, hasMore });
    });
  }

  /**
   * A page of a search over all that is kept, or why there is none.
   *
   * @throws OutcryError `unavailable`
   */
  async find(range: SearchRange): Promise<FoundPage | EmbeddedRefusal> {
    // As of a page: what was said is found.
    this.#write();
    try {
      return await this.#store.search(range);
    } catch (err) {
      if (err instanceof SearchRefused) return { refused: err.code, why: err.message };
      throw err;
    }
  }

  notReady(): string | undefined {
    if (this.#isBroken) return 'the file of messages is broken: stop, move it away, and start again';
    return this.#health.isUp ? undefined : 'what is said cannot be kept: the log says why';
  }

  /** Writes what is left. Nothing is kept behind it. */
  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#write();
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#expiry);
    this.#store.close();
    return Promise.resolve();
  }

  #writeAfter(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#write();
    }, ms).unref();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if ((this.#waiting.length === 0 && this.#begun.length === 0) || this.#isClosed) return;
    try {
      this.#watchFile(() => {
        this.#writeWaiting();
      });
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      this.#timer = this.#writeAfter(RETRY_MS);
    }
  }

  #writeWaiting(): void {
    for (let first = this.#begun[0]; first !== undefined; first = this.#begun[0]) {
      this.#store.begin(...first);
      this.#begun.shift();
    }
    if (this.#waiting.length === 0) return;
    this.#store.write(this.#term, { messages: this.#waiting, gaps: this.#gaps, cursors: cursorsOf(this.#waiting) });
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#gaps = [];
  }

  /** Whatever is done with the file: that it fails is in the log, and in what `/readyz` says. */
  #watchFile<T>(step: () => T): T {
    try {
      const result = step();
      if (this.#waiting.length === 0 && this.#begun.length === 0) this.#health.succeed();
      return result;
    } catch (err) {
      if (err instanceof OutcryError) {
        this.#isBroken ||= isBroken(err.cause);
        this.#health.fail(err);
      }
      throw err;
    }
  }

  #giveUpHalf(): void {
    let count = 0;
    for (let bytes = this.#waitingBytes; 2 * bytes > MAX_WAITING_BYTES && count < this.#waiting.length; count += 1) {
      const oldest = this.#waiting[count];
      if (oldest !== undefined) bytes -= sizeOf(oldest);
    }
    const lost = this.#waiting.splice(0, count);
    this.#waitingBytes -= lost.reduce((sum, message) => sum + sizeOf(message), 0);
    this.#gaps.push(...gapsOf(lost));
    this.#logger.warn({ messages: lost.length }, 'messages not kept: the file could not be written for too long');
  }

  async #expire(): Promise<void> {
    try {
      const messages = await this.#store.expire();
      if (messages > 0) this.#logger.info({ messages }, 'oldest messages deleted: the file is as large as it may be');
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      this.#health.fail(err);
    }
  }
}

function sizeOf({ frame, payload }: ArchivedMessage): number {
  return frame.length + (payload?.length ?? 0);
}

function cursorsOf(messages: readonly ArchivedMessage[]): readonly Cursor[] {
  return [...new Map(messages.map(({ room, epoch, seq }) => [room, { room, epoch, seq }])).values()];
}

/** What is given up of a room is the oldest that waits: its numbers follow one another. */
function gapsOf(lost: readonly ArchivedMessage[]): readonly Gap[] {
  const gaps = new Map<string, Gap>();
  for (const { room, epoch, seq } of lost) {
    const first = gaps.get(room)?.first ?? seq;
    gaps.set(room, { room, epoch, first, last: seq, reason: GapReason.Trimmed });
  }
  return [...gaps.values()];
}
