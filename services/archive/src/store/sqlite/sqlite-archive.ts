import { type KeptNumbering, OutcryError } from '@outcry/broker';
import type { DatabaseSync, StatementSync } from 'node:sqlite';

import {
  type ArchivedMessage,
  type ArchiveStore,
  type Batch,
  type Cursor,
  type Gap,
  GapReason,
  type Stored,
  type Term,
} from '../archive-store.ts';
import { type FoundPage, type SearchRange, SearchRefused } from '../archive-search.ts';
import { openFile } from './open-file.ts';
import { CHAIN } from './schema.ts';
import { SqliteSearch } from './sqlite-search.ts';

/** Of what is too much, at a time: nothing else goes on meanwhile. */
const EXPIRED_MESSAGES = 1000;
/** A search is broken off behind it. */
const MAX_SEARCH_MS = 5000;
/** Epochs that a numbering is known to go on from. */
const MAX_ENDED = 16;

export interface SqliteArchiveOptions {
  readonly folder: string;
  /** What the file may take up; past that the oldest messages go, whichever room they are of. */
  readonly maxBytes: number;
}

export interface PageRange {
  readonly room: string;
  readonly epoch: string;
  /** Forward, behind this seq; or backward, before it. */
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
  /** Of frames. A page ends before the message that would exceed it, but never without a message. */
  readonly maxBytes: number;
}

export interface PagedMessage {
  readonly seq: number;
  readonly sentAt: number;
  readonly frame: Uint8Array;
  /** In msgpack; null where nothing was known of the sender. */
  readonly infoBytes: Uint8Array | null;
}

interface Row {
  readonly [column: string]: unknown;
}

/** The archive in a file of SQLite, for one process. Every call is one step that is over when it returns. */
export class SqliteArchive implements ArchiveStore {
  readonly #options: SqliteArchiveOptions;
  readonly #file: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #search = new SqliteSearch({ all: (query, values) => this.#all(query, values), maxMs: MAX_SEARCH_MS });

  private constructor(options: SqliteArchiveOptions, file: DatabaseSync) {
    this.#options = options;
    this.#file = file;
  }

  /** @throws OutcryError `badConfig` that says what to do */
  static open(options: SqliteArchiveOptions): SqliteArchive {
    return new SqliteArchive(options, openFile(options.folder));
  }

  async claim({ partition, fence }: Term): Promise<void> {
    await this.#step(() => {
      this.#run(
        `INSERT INTO partitions VALUES (?, ?) ON CONFLICT (partition) DO UPDATE SET fence = max(fence, excluded.fence)`,
        [partition, fence],
      );
    });
  }

  readCursors(rooms: readonly string[]): Promise<readonly Cursor[]> {
    return this.#step(() =>
      rooms.flatMap((room) => {
        const cursor = this.#cursorOf(room);
        return cursor === undefined ? [] : [cursor];
      }),
    );
  }

  store(term: Term, batch: Batch): Promise<Stored> {
    return this.#step(() => this.write(term, batch));
  }

  /** As `store`, at once. @throws OutcryError */
  write({ partition, fence }: Term, { messages, gaps, cursors }: Batch): Stored {
    return this.#transaction(() => {
      const [row] = this.#all('SELECT fence FROM partitions WHERE partition = ?', [partition]);
      if (row === undefined || Number(row['fence']) > fence) {
        throw new OutcryError('fenced', `another service archives partition ${partition}`);
      }
      const stored = messages.reduce((sum, message) => sum + this.#insert(message), 0);
      const noted = gaps.filter((gap) => this.#note(gap));
      for (const { room, epoch, seq, past = {} } of cursors) {
        this.#setCursor(room, epoch, seq);
        for (const [ended, last] of Object.entries(past)) this.#link(room, { ended, next: epoch, last });
      }
      return { messages: stored, gaps: noted };
    });
  }

  /** Deletes the oldest, a few at a time, while the file is larger than it may be. */
  async expire(): Promise<number> {
    let expired = 0;
    for (let more = 1; more > 0; expired += more) more = await this.#step(() => this.#expireSome());
    return expired;
  }

  /** Behind what a numbering of the room would go on; undefined where nothing is kept of it. @throws OutcryError `unavailable` */
  numberingOf(room: string): KeptNumbering | undefined {
    try {
      const cursor = this.#cursorOf(room);
      if (cursor === undefined) return undefined;
      const { epoch, seq } = cursor;
      const chain = this.#all(`${CHAIN} WHERE epoch <> $epoch ORDER BY last_seq DESC LIMIT ${String(MAX_ENDED)}`, {
        room,
        epoch,
      }).map((row) => [String(row['epoch']), Number(row['last_seq'])] as const);
      const ended = this.#wasSaid(room, epoch) ? [[epoch, seq] as const, ...chain].slice(0, MAX_ENDED) : chain;
      return { seq, ended: new Map(ended) };
    } catch (err) {
      throw toFault(err);
    }
  }

  /** A room's numbering goes on under another epoch, as `numberingOf` says. @throws OutcryError `unavailable` */
  begin(room: string, next: string): void {
    this.#transaction(() => {
      const cursor = this.#cursorOf(room);
      if (cursor === undefined) return;
      const { epoch, seq } = cursor;
      // In an epoch in which nothing was said there is nothing that anybody could ask for.
      if (!this.#wasSaid(room, epoch)) {
        this.#run('UPDATE numberings SET next_epoch = ? WHERE room = ? AND next_epoch = ?', [next, room, epoch]);
      } else {
        this.#link(room, { ended: epoch, next, last: seq });
        this.#note({ room, epoch, first: seq + 1, last: null, reason: GapReason.Epoch });
      }
      this.#setCursor(room, next, seq);
    });
  }

  /** Deletes what was said in a room. Its numbering goes on. @throws OutcryError `unavailable` */
  forget(room: string): number {
    return this.#transaction(() => this.#run('DELETE FROM messages WHERE room = ?', [room]));
  }

  /** As `outcry.archive_page` of PostgreSQL: in the order of the range. @throws OutcryError `unavailable` */
  readPage(range: PageRange): { readonly messages: readonly PagedMessage[]; readonly hasMore: boolean } {
    const { limit, maxBytes } = range;
    const messages: PagedMessage[] = [];
    let bytes = 0;
    try {
      for (const row of this.#rowsOf(range)) {
        const frame = row['frame'] as Uint8Array;
        bytes += frame.length;
        if (messages.length === limit || (messages.length > 0 && bytes > maxBytes)) return { messages, hasMore: true };
        const infoBytes = row['info_bytes'] as Uint8Array | null;
        messages.push({ seq: Number(row['seq']), sentAt: Number(row['sent_at']), frame, infoBytes });
      }
    } catch (err) {
      throw toFault(err);
    }
    return { messages, hasMore: false };
  }

  /** As `outcry.archive_search` of PostgreSQL, in turns of the loop. @throws SearchRefused, or OutcryError `unavailable` */
  async search(range: SearchRange): Promise<FoundPage> {
    try {
      return await this.#search.find(range);
    } catch (err) {
      throw err instanceof SearchRefused ? err : toFault(err);
    }
  }

  close(): void {
    this.#statements.clear();
    this.#file.close();
  }

  #insert({ room, epoch, seq, sentAt, sender, payload, frame, info, infoBytes }: ArchivedMessage): number {
    const values = [room, epoch, seq, sentAt, sender, payload, frame, info, infoBytes];
    return this.#run('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING', values);
  }

  /** Whether it was not known. */
  #note({ room, epoch, first, last, reason }: Gap): boolean {
    const values = [room, epoch, first, last, reason];
    return this.#run('INSERT INTO gaps VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING', values) > 0;
  }

  #setCursor(room: string, epoch: string, seq: number): void {
    this.#run('INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)', [room, epoch, seq]);
  }

  #link(room: string, { ended, next, last }: { ended: string; next: string; last: number }): void {
    this.#run('INSERT INTO numberings VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING', [room, ended, next, last]);
  }

  #wasSaid(room: string, epoch: string): boolean {
    return this.#all('SELECT 1 FROM messages WHERE room = ? AND epoch = ? LIMIT 1', [room, epoch]).length > 0;
  }

  #cursorOf(room: string): Cursor | undefined {
    const [row] = this.#all('SELECT epoch, seq FROM cursors WHERE room = ?', [room]);
    return row === undefined ? undefined : { room, epoch: String(row['epoch']), seq: Number(row['seq']) };
  }

  /** One after the other, as they are taken. */
  *#rowsOf({ room, epoch, after, before }: PageRange): Generator<Row> {
    const isForward = after !== undefined;
    const order = isForward ? 'ASC' : 'DESC';
    for (const part of this.#all(`${CHAIN} ORDER BY last_seq ${order}`, { room, epoch })) {
      const statement = this.#prepare(
        `SELECT seq, sent_at, frame, info_bytes FROM messages
         WHERE room = ? AND epoch = ? AND seq <= ? AND seq ${isForward ? '>' : '<'} ? ORDER BY seq ${order}`,
      );
      const end = after ?? before ?? Number.MAX_SAFE_INTEGER;
      yield* statement.iterate(room, String(part['epoch']), Number(part['last_seq']), end) as Iterable<Row>;
    }
  }

  #expireSome(): number {
    const [size] = this.#all(
      `SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
      [],
    );
    if (Number(size?.['bytes']) <= this.#options.maxBytes) return 0;
    return this.#run('DELETE FROM messages WHERE rowid IN (SELECT rowid FROM messages ORDER BY sent_at LIMIT ?)', [
      EXPIRED_MESSAGES,
    ]);
  }

  /** @throws OutcryError */
  #transaction<T>(step: () => T): T {
    try {
      this.#file.exec('BEGIN IMMEDIATE');
      try {
        const result = step();
        this.#file.exec('COMMIT');
        return result;
      } catch (err) {
        if (this.#file.isTransaction) this.#file.exec('ROLLBACK');
        throw err;
      }
    } catch (err) {
      throw toFault(err);
    }
  }

  async #step<T>(step: () => T): Promise<T> {
    try {
      return await Promise.resolve(step());
    } catch (err) {
      throw toFault(err);
    }
  }

  #run(query: string, values: readonly unknown[]): number {
    return Number(this.#prepare(query).run(...(values as (string | number | null)[])).changes);
  }

  #all(query: string, values: readonly unknown[] | Readonly<Record<string, string>>): readonly Row[] {
    const statement = this.#prepare(query);
    return Array.isArray(values)
      ? statement.all(...(values as (string | number | null)[]))
      : statement.all(values as Record<string, string>);
  }

  /** There are as many as this file has texts. */
  #prepare(query: string): StatementSync {
    let statement = this.#statements.get(query);
    if (statement === undefined) this.#statements.set(query, (statement = this.#file.prepare(query)));
    return statement;
  }
}

function toFault(err: unknown): OutcryError {
  if (err instanceof OutcryError) return err;
  return new OutcryError('unavailable', `SQLite: ${err instanceof Error ? err.message : String(err)}`, { cause: err });
}
