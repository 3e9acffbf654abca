import { type HistoryRange, OutcryError, type Retention, type RoomHistory, type RoomMessage } from '@outcry/broker';
import type { Position } from '@outcry/protocol';

import type { RoomArchive } from '../archive/room-archive.ts';
import type { ArchiveAbsence } from './archive-absence.ts';
import { Past, type PastOptions, type PastReader, type PastRequest } from './past.ts';
import type { RoomRules } from './room-rules.ts';

/** What is stored of a room that is archived is shown, however old: the archive has what is before it. */
const EVERYTHING = { count: Number.MAX_SAFE_INTEGER, ms: Number.MAX_SAFE_INTEGER };
/** As many as any room may keep. */
const MAX_KEPT = 100_000;
/** Of pages of the archive: what a reader is told is where the stream is. */
const NO_HEAD: Position = { epoch: '', seq: 0 };

export interface ArchivedPastOptions extends Omit<PastOptions, 'rules'> {
  readonly rules: RoomRules;
  readonly archive: RoomArchive;
  /** Told whether pages of the archive can be had. */
  readonly absence: Pick<ArchiveAbsence, 'noteAnswer' | 'noteFailure' | 'close'>;
  /** Of the pages of the archive. */
  readonly archiveMetrics: PastOptions['metrics'];
}

/** A page of the archive: what is missing in one of the stream. */
type Missing =
  | { readonly after: number; readonly epoch: string; readonly limit: number; readonly maxBytes?: number | undefined }
  | { readonly before: number; readonly epoch: string; readonly limit: number; readonly maxBytes?: number | undefined };

/**
 * The past of rooms that goes on in the archive where the stream of an archived room ends. Pages of the two are read in turns of their
 * own, so who waits for the archive is in nobody's way. Where it cannot be had an answer says so, and has what the stream has.
 */
export class ArchivedPast {
  readonly pageBytes: number;
  readonly #rules: RoomRules;
  readonly #stored: Past;
  readonly #archived: Past;
  readonly #absence: ArchivedPastOptions['absence'];

  constructor({ archive, absence, archiveMetrics, rules, ...options }: ArchivedPastOptions) {
    this.pageBytes = options.pageBytes;
    this.#rules = rules;
    this.#absence = absence;
    const retentionOf = (room: string): Retention => {
      const { retention } = rules.of(room);
      return retention.isArchived === true ? { ...retention, ...EVERYTHING } : retention;
    };
    this.#stored = new Past({ ...options, rules: { of: (room) => ({ retention: retentionOf(room) }) } });
    this.#archived = new Past({
      ...options,
      rules,
      broker: { readHistory: (room, range) => readArchive(archive, room, { ...range, pageBytes: options.pageBytes }) },
      metrics: archiveMetrics,
    });
  }

  /** As `Past.keptOf`. */
  keptOf(room: string): number {
    return Math.min(MAX_KEPT, this.#stored.keptOf(room));
  }

  get size(): number {
    return this.#stored.size + this.#archived.size;
  }

  /** As `Past.read`. */
  async read(reader: PastReader, request: PastRequest): Promise<RoomHistory> {
    let range: HistoryRange | undefined;
    const stored = await this.#stored.read(reader, { ...request, page: () => (range = request.page()) });
    if (range === undefined || this.#rules.of(request.room).retention.isArchived !== true) return stored;
    if (hasOlder(range, stored)) return { ...stored, hasMore: true };
    const missing = missingIn(range, stored);
    if (missing === undefined) return stored;
    const { room, isAsked = false, check } = request;
    try {
      const archived = await this.#archived.read(reader, { room, isAsked, page: () => missing, check });
      this.#absence.noteAnswer();
      return withArchived(range, stored, archived);
    } catch (err) {
      if (!(err instanceof OutcryError && err.code === 'unavailable')) throw err;
      this.#absence.noteFailure();
      return { ...stored, isAway: true };
    }
  }

  isParked(reader: PastReader): boolean {
    return this.#stored.isParked(reader) || this.#archived.isParked(reader);
  }

  resume(reader: PastReader): void {
    this.#stored.resume(reader);
    this.#archived.resume(reader);
  }

  forget(reader: PastReader): void {
    this.#stored.forget(reader);
    this.#archived.forget(reader);
  }

  close(): void {
    this.#stored.close();
    this.#archived.close();
    this.#absence.close();
  }
}

async function readArchive(
  archive: RoomArchive,
  room: string,
  range: HistoryRange & { readonly pageBytes: number },
): Promise<RoomHistory> {
  const { maxBytes = range.pageBytes } = range;
  if (!('limit' in range) || range.epoch === undefined) throw new TypeError('expected a page of one order of numbers');
  const { epoch, limit } = range;
  const ends = 'after' in range ? { after: range.after } : { before: range.before };
  const { messages, hasMore } = await archive.read({ room, epoch, limit, maxBytes, ...ends });
  return { head: NO_HEAD, messages: messages.map((message) => ({ ...message, room, origin: '' })), hasMore };
}

/** Whether there may be older messages than those of a page that goes back to the oldest that is stored. */
function hasOlder(range: HistoryRange, { messages, hasMore }: RoomHistory): boolean {
  const [first] = messages;
  return isBackward(range) && !hasMore && first !== undefined && first.position.seq > 1;
}

/** What a page should have and the stream has not: undefined where that is nothing, or is of another order of numbers. */
function missingIn(range: HistoryRange, { head, messages, isContinued }: RoomHistory): Missing | undefined {
  const { maxBytes } = range;
  const { epoch } = head;
  const first = messages[0]?.position.seq;
  if (isBackward(range)) {
    const before = Math.min(range.before ?? Infinity, head.seq + 1);
    return first !== undefined || before <= 1 ? undefined : { before, epoch, limit: range.limit, maxBytes };
  }
  if ('after' in range && range.epoch !== undefined && range.epoch !== epoch && isContinued !== true) return undefined;
  const after = 'after' in range ? range.after : Math.max(0, head.seq - range.last);
  if (after >= head.seq || first === after + 1) return undefined;
  return { after, epoch, limit: 'after' in range ? range.limit : range.last, maxBytes };
}

/** One page of what both have: a forward one has no hole, and is followed by what the stream has. */
function withArchived(range: HistoryRange, stored: RoomHistory, archived: RoomHistory): RoomHistory {
  if (isBackward(range)) return { ...stored, messages: archived.messages, hasMore: archived.hasMore };
  const messages = 'after' in range ? upToHole(archived.messages, range.after) : behindHoles(archived, stored);
  return messages.length === 0 ? stored : { ...stored, messages, hasMore: true };
}

function isBackward(range: HistoryRange): range is Extract<HistoryRange, { readonly before?: number | undefined }> {
  return !('after' in range) && !('last' in range);
}

/** Those that follow the seq, one after the other. */
function upToHole(messages: readonly RoomMessage[], after: number): readonly RoomMessage[] {
  const hole = messages.findIndex(({ position }, i) => position.seq !== after + 1 + i);
  return hole < 0 ? messages : messages.slice(0, hole);
}

/** Those behind the last hole: none where one is between them and what is stored, or the end of the room. */
function behindHoles({ messages, hasMore }: RoomHistory, stored: RoomHistory): readonly RoomMessage[] {
  const last = messages.at(-1)?.position.seq ?? 0;
  const next = stored.messages[0]?.position.seq ?? stored.head.seq + 1;
  if (!hasMore && next > last + 1) return [];
  const start = messages.findLastIndex(({ position }, i) => position.seq !== last - (messages.length - 1 - i)) + 1;
  return messages.slice(start);
}
