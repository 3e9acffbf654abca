import type { AnnouncedRoom, ArchiveSource, StoredPage } from '@outcry/broker';
import { ANNOUNCE_INTERVAL_MS, ARCHIVE_PARTITIONS, OutcryError, PARTITION_COUNT } from '@outcry/broker';
import type { Position } from '@outcry/protocol';
import { delay, type PartitionTerm, type WakeUps } from '@outcry/worker';

import type { ArchiveMetrics } from '../observability/archive-metrics.ts';
import type { ArchivedMessage, ArchiveStore, Cursor, Gap } from '../store/archive-store.ts';
import { judgePage } from './judge-page.ts';
import { toArchived } from './to-archived.ts';

export interface ArchivingTimes {
  /** How often the list of rooms is looked at. */
  readonly pollMs: number;
  /** How long messages are gathered before they are written together. */
  readonly gatherMs: number;
}

export interface ArchiveTermOptions extends ArchivingTimes {
  readonly source: ArchiveSource;
  readonly store: Pick<ArchiveStore, 'claim' | 'expire' | 'readCursors' | 'store'>;
  /** By partition: that there may be something to read. */
  readonly wakeUps: WakeUps;
  readonly metrics: Pick<ArchiveMetrics, 'countStored' | 'countGaps' | 'countExpired' | 'countFault' | 'setBacklog'>;
  /** All that was read so far is written. */
  readonly onArchived: () => void;
}

/**
 * A room is looked at for so long behind an announcement: the interval in which what is published is not announced by itself, and what a
 * command of whoever published may take.
 */
const ACTIVE_MS = ANNOUNCE_INTERVAL_MS + 3000;
/** Rooms that are announced while the list is read may get a time just before those that were read. */
const LIST_MARGIN_MS = 5000;
/** How often a room that goes on is told how far it is archived: what is stored for that meanwhile is what is said in so long. */
const RELEASE_MS = 1000;
/** How often all of the list is read, for rooms that can leave it. */
const SWEEP_MS = 60 * 60 * 1000;
/** A room leaves the list where nothing is stored and it was announced so long ago. Clocks may differ by less. */
const FORGOTTEN_MS = 30 * 60 * 1000;
/** Of one page of one room, of those that are read side by side, and of what is written together: so much is in memory, at most. */
const PAGE = { messages: 512, bytes: 128 * 1024 };
const PAGES_AT_ONCE = 16;
const MAX_BATCH_MESSAGES = 5000;
const MAX_BATCH_BYTES = 2 * 1024 * 1024;

interface ActiveRoom {
  /** On the clock of the process. */
  readonly until: number;
  /** As the list has it, where it was found there. */
  readonly announcedAt?: number;
}

/** What was read, until it is written. */
class GrowingBatch {
  readonly messages: ArchivedMessage[] = [];
  readonly gaps: Gap[] = [];
  readonly cursors: Cursor[] = [];
  bytes = 0;

  get isEmpty(): boolean {
    return this.cursors.length === 0 && this.gaps.length === 0;
  }

  get isFull(): boolean {
    return this.messages.length >= MAX_BATCH_MESSAGES || this.bytes >= MAX_BATCH_BYTES;
  }
}

/** The archiving of one partition for as long as a term lasts, or until something fails: what it knows is of no use behind that. */
export class ArchiveTerm {
  readonly #options: ArchiveTermOptions;
  readonly #term: PartitionTerm;
  /** Partitions of the broker: every sixteenth. */
  readonly #sources: readonly number[];
  readonly #active = new Map<string, ActiveRoom>();
  /** Of the active rooms, as the database has them; undefined where it has none. */
  readonly #cursors = new Map<string, Position | undefined>();
  /** When each was told how far it is archived, on the clock of the process. */
  readonly #releasedAt = new Map<string, number>();
  /** Numbers that are not archived yet, by room, as they were last seen. */
  readonly #backlog = new Map<string, number>();
  /** Messages that were read, and are not written yet. */
  #unwritten = 0;
  /** When the newest of the list was announced, by the broker's clock. */
  readonly #newest = new Map<number, number>();
  #listAt = 0;
  #sweepAt = 0;

  constructor(term: PartitionTerm, options: ArchiveTermOptions) {
    this.#term = term;
    this.#options = options;
    this.#sources = Array.from(
      { length: PARTITION_COUNT / ARCHIVE_PARTITIONS },
      (_, i) => Number(term.partition) + i * ARCHIVE_PARTITIONS,
    );
  }

  /** Resolves when the term is over. @throws OutcryError where the source or the store fails, or another one has the partition */
  async run(): Promise<void> {
    const { store, source, wakeUps, pollMs, gatherMs } = this.#options;
    const { partition, signal } = this.#term;
    await store.claim(this.#term);
    try {
      for (const each of this.#sources) {
        await source.watch(each, (room) => {
          this.#activate(room);
          wakeUps.wake(partition);
        });
      }
      while (!signal.aborted) {
        wakeUps.arm(partition);
        await this.#lookAtList();
        const hasMore = await this.#archiveRound();
        if (this.#active.size === 0) await wakeUps.wait(partition, pollMs, signal);
        if (!hasMore) await delay(gatherMs, signal);
      }
    } finally {
      for (const each of this.#sources) await source.unwatch(each);
    }
  }

  #activate(room: string, announcedAt?: number): void {
    const until = performance.now() + ACTIVE_MS;
    this.#active.set(room, announcedAt === undefined ? { until } : { until, announcedAt });
  }

  async #lookAtList(): Promise<void> {
    const now = performance.now();
    if (now < this.#listAt) return;
    const isSweep = now >= this.#sweepAt;
    for (const each of this.#sources) {
      const newest = this.#newest.get(each) ?? 0;
      const rooms = await this.#options.source.list(each, isSweep ? 0 : Math.max(0, newest - LIST_MARGIN_MS));
      for (const { room, announcedAt } of rooms) {
        this.#activate(room, announcedAt);
        this.#newest.set(each, Math.max(announcedAt, this.#newest.get(each) ?? 0));
      }
    }
    this.#listAt = now + this.#options.pollMs;
    if (!isSweep) return;
    this.#sweepAt = now + SWEEP_MS;
    // One of all services does it.
    if (this.#term.partition === '0') await this.#expire();
  }

  /** Where that fails, it is for the next time: what is said goes before what is too old. */
  async #expire(): Promise<void> {
    const { store, metrics } = this.#options;
    try {
      metrics.countExpired(await store.expire());
    } catch (err) {
      if (!(err instanceof OutcryError)) throw err;
      metrics.countFault();
    }
  }

  /** Reads a page of each active room, and writes what came. Resolves with whether some have more. */
  async #archiveRound(): Promise<boolean> {
    const rooms = [...this.#active.keys()];
    await this.#loadCursors(rooms);
    let batch = new GrowingBatch();
    let hasMore = false;
    for (let start = 0; start < rooms.length && !this.#term.signal.aborted; start += PAGES_AT_ONCE) {
      const some = rooms.slice(start, start + PAGES_AT_ONCE);
      const more = await Promise.all(some.map((room) => this.#readRoom(room, batch)));
      hasMore ||= more.includes(true);
      if (batch.isFull) {
        await this.#write(batch);
        batch = new GrowingBatch();
      }
    }
    await this.#write(batch);
    this.#showBacklog();
    this.#options.onArchived();
    return hasMore;
  }

  #showBacklog(): void {
    const left = [...this.#backlog.values()].reduce((sum, count) => sum + count, 0);
    this.#options.metrics.setBacklog(this.#term.partition, left + this.#unwritten);
  }

  async #loadCursors(rooms: readonly string[]): Promise<void> {
    const unknown = rooms.filter((room) => !this.#cursors.has(room));
    if (unknown.length === 0) return;
    const cursors = await this.#options.store.readCursors(unknown);
    for (const room of unknown) this.#cursors.set(room, undefined);
    for (const { room, epoch, seq } of cursors) this.#cursors.set(room, { epoch, seq });
  }

  /** Resolves with whether the room has more than a page. */
  async #readRoom(room: string, batch: GrowingBatch): Promise<boolean> {
    const active = this.#active.get(room);
    const isLast = active !== undefined && active.until < performance.now();
    // What is read is written before the room is looked at again: up to here it is in the database.
    const known = this.#cursors.get(room);
    const page = await this.#options.source.read(room, known, PAGE);
    if (known !== undefined && (page?.head.seq ?? 0) > 0) await this.#release(room, known);
    const { messages, gaps, cursor } = judgePage(room, known, page);
    for (const message of messages) {
      batch.messages.push(toArchived(message));
      batch.bytes += message.frame.length;
    }
    this.#unwritten += messages.length;
    batch.gaps.push(...gaps);
    if (cursor !== undefined) {
      const isNews = page !== undefined && page.ended.size > 0 && known?.epoch !== cursor.epoch;
      batch.cursors.push({ room, ...cursor, ...(isNews ? { past: Object.fromEntries(page.ended) } : {}) });
      this.#cursors.set(room, cursor);
    }
    const left = page === undefined ? 0 : Math.max(0, page.head.seq - (this.#cursors.get(room)?.seq ?? 0));
    this.#backlog.set(room, left);
    if (cursor === undefined && isLast) await this.#letGo(room, active, page);
    return left > 0 && cursor !== undefined;
  }

  async #release(room: string, archived: Position): Promise<void> {
    const now = performance.now();
    if (now - (this.#releasedAt.get(room) ?? -Infinity) < RELEASE_MS) return;
    this.#releasedAt.set(room, now);
    await this.#options.source.release(room, archived);
  }

  /** Nothing has come behind the time in which something can. */
  async #letGo(room: string, { until, announcedAt }: ActiveRoom, page: StoredPage | undefined): Promise<void> {
    // It was announced again while it was read.
    if (this.#active.get(room)?.until !== until) return;
    const cursor = this.#cursors.get(room);
    this.#active.delete(room);
    this.#cursors.delete(room);
    this.#releasedAt.delete(room);
    this.#backlog.delete(room);
    if (cursor !== undefined && page?.isStored === true) await this.#options.source.settle(room, cursor);
    if (announcedAt === undefined || page?.isStored === true || Date.now() - announcedAt < FORGOTTEN_MS) return;
    const listed: AnnouncedRoom = { room, announcedAt };
    await this.#options.source.dismiss(listed);
  }

  async #write(batch: GrowingBatch): Promise<void> {
    if (batch.isEmpty) return;
    const { store, metrics, onArchived } = this.#options;
    // Where it cannot be written this is what is known of what waits, until it can.
    this.#showBacklog();
    const { messages, gaps } = await store.store(this.#term, batch);
    this.#unwritten -= batch.messages.length;
    onArchived();
    const oldest = batch.messages.reduce((at, { sentAt }) => Math.min(at, sentAt), Infinity);
    metrics.countStored({ stored: messages, known: batch.messages.length - messages, oldest });
    metrics.countGaps(gaps);
  }
}
