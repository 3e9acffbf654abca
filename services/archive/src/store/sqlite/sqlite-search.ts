import { setImmediate as turn } from 'node:timers/promises';

import { type FoundPage, type FoundMessage, SearchRefused, type SearchRange } from '../archive-search.ts';
import { isMeant } from './room-pattern.ts';
import { toWordsQuery } from './words-query.ts';

/** The only one: of words as they are written. */
export const LANGUAGE = 'simple';
/** Looked at in one turn of the loop: some milliseconds. */
const STEP_MESSAGES = 500;
/** That have the words. What is searched by them is put in order as a whole. */
const MAX_MATCHES = 20_000;

interface Row {
  readonly [column: string]: unknown;
}

export interface SqliteSearchOptions {
  /** Runs a query of the file. */
  readonly all: (query: string, values: readonly unknown[]) => readonly Row[];
  /** How long one may take. */
  readonly maxMs: number;
}

/** Of a message, but for the frame. */
interface Candidate {
  readonly rowid: number;
  readonly room: string;
  readonly epoch: string;
  readonly seq: number;
  readonly sentAt: number;
  readonly sender: string;
}

const COLUMNS =
  'm.rowid AS rowid, m.room AS room, m.epoch AS epoch, m.seq AS seq, m.sent_at AS sent_at, m.sender AS sender';
const ORDER = 'ORDER BY m.sent_at DESC, m.room DESC, m.epoch DESC, m.seq DESC';
const BEHIND = 'm.sent_at <= ? AND (m.sent_at, m.room, m.epoch, m.seq) < (?, ?, ?, ?)';
/** Behind which everything is. */
const NEWEST = { sentAt: Number.MAX_SAFE_INTEGER, room: '', epoch: '', seq: 0 };

/**
 * Search in the file, the newest first: by words in their index, and by all else message by message, a few in each turn of the loop. A
 * process that serves clients besides is held up by neither.
 */
export class SqliteSearch {
  readonly #options: SqliteSearchOptions;

  constructor(options: SqliteSearchOptions) {
    this.#options = options;
  }

  /** @throws SearchRefused */
  async find(range: SearchRange): Promise<FoundPage> {
    const until = performance.now() + this.#options.maxMs;
    const messages: FoundMessage[] = [];
    let bytes = 0;
    for await (const step of this.#steps(range, until)) {
      for (const candidate of step) {
        if (!isWanted(candidate, range)) continue;
        const frame = this.#frameOf(candidate);
        // Deleted since it was looked at.
        if (frame === undefined) continue;
        bytes += frame.length;
        const isFull = messages.length === range.limit || (messages.length > 0 && bytes > range.maxBytes);
        if (isFull) return { messages, hasMore: true };
        const { room, epoch, seq, sentAt } = candidate;
        messages.push({ room, position: { epoch, seq }, sentAt, frame });
      }
    }
    return { messages, hasMore: false };
  }

  async *#steps(range: SearchRange, until: number): AsyncGenerator<readonly Candidate[]> {
    if (range.words !== undefined) {
      yield this.#matches(range);
      return;
    }
    let place = range.behind ?? { ...NEWEST, sentAt: range.sentBefore ?? NEWEST.sentAt };
    for (;;) {
      const step = this.#candidates(
        `SELECT ${COLUMNS} FROM messages m WHERE ${BEHIND} AND m.sent_at >= ? ${ORDER} LIMIT ${String(STEP_MESSAGES)}`,
        [...valuesOf(place), range.sentFrom ?? 0],
      );
      yield step;
      const last = step.at(-1);
      if (last === undefined || step.length < STEP_MESSAGES) return;
      if (performance.now() > until) throw tooLong(this.#options.maxMs);
      place = last;
      await turn();
    }
  }

  #matches({ words = '', language = LANGUAGE, behind = NEWEST }: SearchRange): readonly Candidate[] {
    if (language !== LANGUAGE) {
      throw new SearchRefused('noLanguage', `words in ${language} are not indexed: there are ${LANGUAGE}`);
    }
    const query = toWordsQuery(words);
    if (query === undefined) return [];
    const [found] = this.#options.all(
      `SELECT count(*) AS count FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ${String(MAX_MATCHES + 1)})`,
      [query],
    );
    if (Number(found?.['count']) > MAX_MATCHES) {
      const count = String(MAX_MATCHES);
      throw new SearchRefused('tooCostly', `more than ${count} messages have these words: name rarer ones, or more`);
    }
    return this.#candidates(
      `SELECT ${COLUMNS} FROM words w JOIN messages m ON m.rowid = w.rowid WHERE words MATCH ? AND ${BEHIND} ${ORDER}`,
      [query, ...valuesOf(behind)],
    );
  }

  #candidates(query: string, values: readonly unknown[]): readonly Candidate[] {
    return this.#options.all(query, values).map((row) => ({
      ...{
        rowid: Number(row['rowid']),
        room: String(row['room']),
        epoch: String(row['epoch']),
        seq: Number(row['seq']),
      },
      ...{ sentAt: Number(row['sent_at']), sender: String(row['sender']) },
    }));
  }

  #frameOf({ rowid }: Candidate): Uint8Array | undefined {
    const [row] = this.#options.all('SELECT frame FROM messages WHERE rowid = ?', [rowid]);
    return row?.['frame'] as Uint8Array | undefined;
  }
}

function valuesOf({ sentAt, room, epoch, seq }: NonNullable<SearchRange['behind']>): readonly unknown[] {
  return [sentAt, sentAt, room, epoch, seq];
}

function isWanted({ room, sender, sentAt }: Candidate, range: SearchRange): boolean {
  if (range.room !== undefined && !isMeant(range.room, room)) return false;
  if (range.sender !== undefined && sender !== range.sender) return false;
  return sentAt >= (range.sentFrom ?? 0) && sentAt < (range.sentBefore ?? Infinity);
}

function tooLong(maxMs: number): SearchRefused {
  return new SearchRefused('tooCostly', `it took more than ${String(maxMs)} ms: name a shorter time`);
}
