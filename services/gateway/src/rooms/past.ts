import { type Broker, type HistoryRange, OutcryError, type RoomHistory } from '@outcry/broker';
import { RequestError } from '@outcry/protocol';

import type { GatewayMetrics } from '../observability/metrics.ts';
import type { RoomRule } from './room-rules.ts';

/** Bytes of messages that one client is sent at once; what it has not read of them counts against no limit. */
export const MAX_PART_BYTES = 64 * 1024;

/** Pages that are read at a time, of the configured size; smaller ones in proportion. */
const MAX_PAGES_IN_FLIGHT = 4;
/** What the smallest page counts as. */
const MIN_PAGE_BYTES = 16 * 1024;
/** After this a read that has waited for its turn is refused as unavailable: before clients give up by themselves. */
const MAX_WAIT_MS = 8000;
/** Between two looks at who has waited for too long. */
const EXPIRY_STEP_MS = 100;
/** Reads of all that wait for their turn; one more is refused as unavailable. */
const MAX_WAITING = 10_000;
/** Pages of one reader's that wait because it asked for them; one more is refused as too fast. */
const MAX_ASKED = 128;

/** Who reads. One page at a time is read for it. */
export interface PastReader {
  readonly backlog: { readonly hasRoom: boolean };
}

export interface PastRequest {
  readonly room: string;
  /** Which page; said when the reader has come to it. */
  readonly page: () => HistoryRange;
  /** The reader is sent the whole page at once, whenever it comes: so it is not read before there is room for it. */
  readonly isAsked?: boolean;
  /** Called before the broker is asked, when the reader has come to it: what it throws refuses the read. */
  readonly check?: (() => void) | undefined;
  /** Called right before the broker is asked: what is published from here on may be missing in the page. */
  readonly onSent?: () => void;
}

export interface PastOptions {
  readonly broker: Pick<Broker, 'readHistory'>;
  readonly rules: { of(room: string): Pick<RoomRule, 'retention'> };
  readonly metrics: Pick<GatewayMetrics, 'pastReads' | 'pastBytes' | 'pastReadsSpared'>;
  /** Bytes of frames in a page. */
  readonly pageBytes: number;
}

interface Waiting {
  readonly request: PastRequest;
  readonly expiresAt: number;
  readonly resolve: (history: RoomHistory) => void;
  readonly reject: (err: unknown) => void;
}

/** A reader's reads, in the order in which they were asked for. */
interface Queue {
  readonly reader: PastReader;
  readonly waiting: Waiting[];
  state: 'idle' | 'ready' | 'parked' | 'reading';
  /** The page that its first is for, once it is ready. */
  key: string;
}

/** What is read for all whose first reads are equal. */
interface Page {
  readonly room: string;
  readonly range: HistoryRange;
  readonly queues: Set<Queue>;
}

/**
 * Reads of rooms' pasts, in turns: a page for each reader that waits, then the next of each. The broker is asked for few at a
 * time, whoever wants how many, and for what many want at the same time once. A read whose reader is gone, or has waited for
 * too long, is not sent at all.
 */
export class Past {
  /** Of one page that somebody asks for. */
  readonly pageBytes: number;
  readonly #options: PastOptions;
  readonly #queues = new Map<PastReader, Queue>();
  /** The pages to be read next, in turn. */
  readonly #ready = new Map<string, Page>();
  /** What is being read, and what it counts as. */
  readonly #inFlight = new Map<string, number>();
  #bytesInFlight = 0;
  /** The longest waiting first: all may wait equally long. */
  readonly #waiting = new Set<Waiting>();
  /** Those that have had their turn, and may have more to read. */
  #served: Queue[] = [];
  #nextTurn: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PastOptions) {
    this.#options = options;
    this.pageBytes = options.pageBytes;
  }

  /** As many messages as can be had of a room. */
  keptOf(room: string): number {
    return this.#options.rules.of(room).retention.count;
  }

  /** Reads that wait for their turn. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Reads a page when it is the reader's turn.
   *
   * @throws OutcryError `unavailable` where the broker does not answer or too many wait, `closed` where nobody waits for it any more
   * @throws RequestError `rateLimited` where the reader asks for more than it takes
   */
  async read(reader: PastReader, request: PastRequest): Promise<RoomHistory> {
    this.#checkMayWait(reader, request);
    const queue = this.#queueOf(reader);
    return new Promise((resolve, reject) => {
      const waiting = { request, expiresAt: performance.now() + MAX_WAIT_MS, resolve, reject };
      queue.waiting.push(waiting);
      this.#waiting.add(waiting);
      this.#timer ??= this.#wakeAfter(MAX_WAIT_MS);
      if (queue.state === 'idle') this.#admit(queue);
    });
  }

  /** Whether the reader has asked for a page that waits for room. */
  isParked(reader: PastReader): boolean {
    return this.#queues.get(reader)?.state === 'parked';
  }

  /** The reader has room again. */
  resume(reader: PastReader): void {
    const queue = this.#queues.get(reader);
    if (queue?.state === 'parked') this.#admit(queue);
  }

  /** The reader is gone: nobody waits for what it has asked for. */
  forget(reader: PastReader): void {
    const queue = this.#queues.get(reader);
    if (queue === undefined) return;
    this.#queues.delete(reader);
    for (const waiting of queue.waiting.splice(0)) this.#refuse(waiting, 'gone', unwanted());
  }

  close(): void {
    clearImmediate(this.#nextTurn);
    clearTimeout(this.#timer);
    for (const reader of [...this.#queues.keys()]) this.forget(reader);
  }

  #queueOf(reader: PastReader): Queue {
    let queue = this.#queues.get(reader);
    if (queue === undefined) {
      queue = { reader, waiting: [], state: 'idle', key: '' };
      this.#queues.set(reader, queue);
    }
    return queue;
  }

  #checkMayWait(reader: PastReader, { isAsked = false }: PastRequest): void {
    const { pastReadsSpared } = this.#options.metrics;
    const own = this.#queues.get(reader)?.waiting.length ?? 0;
    if (isAsked && own >= MAX_ASKED) {
      pastReadsSpared.labels('refused').inc();
      throw new RequestError('rateLimited', `more than ${String(MAX_ASKED)} reads of the past wait for their answers`);
    }
    if (this.#waiting.size >= MAX_WAITING) {
      pastReadsSpared.labels('refused').inc();
      throw new OutcryError('unavailable', 'too many reads of the past wait for their turn');
    }
  }

  /** The reader's next read takes its place behind those of all others, beside its equals. */
  #admit(queue: Queue): void {
    const [first] = queue.waiting;
    queue.state = 'idle';
    if (first === undefined) {
      // Of readers that read nothing there is nothing to be kept.
      this.#queues.delete(queue.reader);
      return;
    }
    if (first.request.isAsked === true && !queue.reader.backlog.hasRoom) {
      queue.state = 'parked';
      return;
    }
    const { room } = first.request;
    const range = first.request.page();
    queue.state = 'ready';
    queue.key = JSON.stringify([room, range]);
    const page = this.#ready.get(queue.key);
    if (page === undefined) this.#ready.set(queue.key, { room, range, queues: new Set([queue]) });
    else page.queues.add(queue);
    this.#nextTurn ??= setImmediate(() => {
      this.#takeTurn();
    });
  }

  /** What is asked for in one turn of the loop is read once where it is the same; what comes later is read again, so that it is not older than its question. */
  #takeTurn(): void {
    this.#nextTurn = undefined;
    for (const queue of this.#served.splice(0)) this.#admit(queue);
    const limit = MAX_PAGES_IN_FLIGHT * this.pageBytes;
    for (const [key, page] of this.#ready) {
      if (this.#inFlight.has(key)) continue;
      const bytes = Math.max(MIN_PAGE_BYTES, page.range.maxBytes ?? this.pageBytes);
      if (this.#bytesInFlight > 0 && this.#bytesInFlight + bytes > limit) return;
      this.#ready.delete(key);
      this.#inFlight.set(key, bytes);
      this.#bytesInFlight += bytes;
      void this.#readPage(page).finally(() => {
        this.#inFlight.delete(key);
        this.#bytesInFlight -= bytes;
        this.#nextTurn ??= setImmediate(() => {
          this.#takeTurn();
        });
      });
    }
  }

  async #readPage({ room, range, queues }: Page): Promise<void> {
    const readers = [...queues].flatMap((queue) => this.#begin(queue));
    if (readers.length > 0) await this.#askFor(room, range, readers);
    this.#served.push(...queues);
  }

  async #askFor(room: string, range: HistoryRange, readers: readonly Waiting[]): Promise<void> {
    const { broker, rules, metrics } = this.#options;
    metrics.pastReads.inc();
    metrics.pastReadsSpared.labels('shared').inc(readers.length - 1);
    try {
      const history = await broker.readHistory(room, range, rules.of(room).retention);
      metrics.pastBytes.inc(history.messages.reduce((bytes, { frame }) => bytes + frame.length, 0));
      for (const { resolve } of readers) resolve(history);
    } catch (err) {
      for (const { reject } of readers) reject(err);
    }
  }

  /** Takes the first of a queue out of it. There is none where the reader is gone meanwhile. */
  #begin(queue: Queue): Waiting[] {
    const first = queue.waiting.shift();
    queue.state = 'reading';
    if (first === undefined) return [];
    try {
      first.request.check?.();
    } catch (err) {
      this.#refuse(first, err instanceof OutcryError ? 'gone' : 'refused', err);
      return [];
    }
    this.#waiting.delete(first);
    first.request.onSent?.();
    return [first];
  }

  #refuse(waiting: Waiting, why: 'gone' | 'expired' | 'refused', err: unknown): void {
    this.#waiting.delete(waiting);
    this.#options.metrics.pastReadsSpared.labels(why).inc();
    waiting.reject(err);
  }

  #wakeAfter(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = this.#expireDue();
    }, ms).unref();
  }

  /** The timer for the oldest of the others, where there are any. */
  #expireDue(): NodeJS.Timeout | undefined {
    const now = performance.now();
    for (const queue of this.#queues.values()) {
      const due = queue.waiting.findIndex(({ expiresAt }) => expiresAt > now);
      const expired = queue.waiting.splice(0, due === -1 ? queue.waiting.length : due);
      if (expired.length === 0) continue;
      for (const waiting of expired) {
        this.#refuse(waiting, 'expired', new OutcryError('unavailable', 'the past is asked for by too many'));
      }
      if (queue.state === 'reading') continue;
      // Its first is another one now, and so is the page that it waits for.
      this.#ready.get(queue.key)?.queues.delete(queue);
      this.#admit(queue);
    }
    const [oldest] = this.#waiting;
    return oldest === undefined ? undefined : this.#wakeAfter(Math.max(EXPIRY_STEP_MS, oldest.expiresAt - now));
  }
}

/** What a read is refused with that is of no use any more. */
export function unwanted(): OutcryError {
  return new OutcryError('closed', 'nobody waits for it any more');
}
