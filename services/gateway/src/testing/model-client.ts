import { crc32 } from 'node:zlib';

import { createCodecs, type Encoding, type ReceivedFrame, type WireFrame, type WireLevels } from '@outcry/protocol';

import type { ClassChoice } from '../books/book-choices.ts';
import type { PastBook } from './faulty-feed.ts';

type Side = Map<number, number>;

interface HeldBook {
  readonly epoch: string;
  readonly bids: Side;
  readonly asks: Side;
  seq: number;
}

const codecs = createCodecs();

/**
 * A client as docs/PROTOCOL.md §5.3 wants it, in the plainest way. After every frame it holds its book against the one that
 * the publisher had at that `seq`, and writes down what is wrong.
 */
export class ModelClient {
  readonly violations: string[] = [];
  readonly seen = { snapshot: 0, delta: 0, heartbeat: 0, stale: 0, fresh: 0, lagging: 0 };
  readonly #encoding: Encoding;
  readonly #history: ReadonlyMap<string, PastBook>;
  readonly #books = new Map<string, HeldBook>();

  constructor(encoding: Encoding, history: ReadonlyMap<string, PastBook>) {
    this.#encoding = encoding;
    this.#history = history;
  }

  /** Complains where what the client holds of a class is not this book. */
  expect(choice: ClassChoice, past: PastBook): void {
    const book = this.#books.get(keyOf(choice));
    if (book !== undefined && isViewOf(viewOf(book), past, choice.depth)) return;
    this.violations.push(`stays at ${book === undefined ? 'nothing' : `${book.epoch}/${String(book.seq)}`} for good`);
  }

  read(bytes: WireFrame): void {
    const frame = codecs[this.#encoding].decodeServer(bytes);
    switch (frame?.type) {
      case 'snapshot':
        this.#start(frame);
        break;
      case 'delta':
        this.#apply(frame);
        break;
      case 'heartbeat':
        this.seen.heartbeat += 1;
        if (this.#books.get(keyOf(frame))?.seq !== frame.seq) this.#complain(frame, 'heartbeat of another seq');
        break;
      case 'stale':
      case 'fresh':
      case 'lagging':
        this.seen[frame.type] += 1;
        break;
      default:
    }
  }

  #start(frame: Extract<ReceivedFrame, { type: 'snapshot' }>): void {
    this.seen.snapshot += 1;
    const book: HeldBook = { epoch: frame.epoch, bids: new Map(), asks: new Map(), seq: frame.seq };
    this.#books.set(keyOf(frame), book);
    this.#take(book, frame);
  }

  #apply(frame: Extract<ReceivedFrame, { type: 'delta' }>): void {
    this.seen.delta += 1;
    const book = this.#books.get(keyOf(frame));
    if (book === undefined) {
      this.#complain(frame, 'delta before any snapshot');
    } else if (frame.prev !== book.seq) {
      this.#complain(frame, `delta behind ${String(frame.prev)}, held is ${String(book.seq)}`);
    } else {
      this.#take(book, frame);
    }
  }

  #take(book: HeldBook, frame: Extract<ReceivedFrame, { type: 'snapshot' | 'delta' }>): void {
    book.seq = frame.seq;
    setLevels(book.bids, frame.bids);
    setLevels(book.asks, frame.asks);
    const past = this.#history.get(`${book.epoch}/${String(book.seq)}`);
    if (past === undefined) {
      this.#complain(frame, 'the publisher never stood there');
      return;
    }
    const shown = viewOf(book);
    if (!isViewOf(shown, past, frame.depth)) this.#complain(frame, 'another book than the publisher had');
    if (frame.checksum !== undefined && frame.checksum !== checksumOf(shown)) this.#complain(frame, 'wrong checksum');
  }

  #complain(frame: { readonly type: string; readonly seq: number }, what: string): void {
    this.violations.push(`${frame.type} ${String(frame.seq)}: ${what}`);
  }
}

function keyOf({ depth, interval }: ClassChoice): string {
  return `${String(depth)}/${String(interval)}`;
}

/** Decimal strings become the integers that msgpack has. */
function setLevels(side: Side, levels: WireLevels): void {
  for (const pair of levels) {
    const [price = 0, size = 0] = pair.map((value) =>
      typeof value === 'string' ? Number(value.replace('.', '')) : value,
    );
    if (size === 0) side.delete(price);
    else side.set(price, size);
  }
}

function bestFirst(side: Side, order: 1 | -1): readonly (readonly [number, number])[] {
  return [...side].sort(([a], [b]) => order * (a - b));
}

function viewOf({ bids, asks }: HeldBook): PastBook {
  return { bids: bestFirst(bids, -1), asks: bestFirst(asks, 1) };
}

/** Whether a client that watches this depth has to hold exactly this of the book. */
function isViewOf(shown: PastBook, whole: PastBook, depth: number): boolean {
  return isCutOf(shown.bids, whole.bids, depth) && isCutOf(shown.asks, whole.asks, depth);
}

function isCutOf(
  shown: readonly (readonly [number, number])[],
  whole: readonly (readonly [number, number])[],
  depth: number,
): boolean {
  const length = depth === 0 ? whole.length : Math.min(depth, whole.length);
  return shown.length === length && shown.every(([price, size], i) => whole[i]?.[0] === price && whole[i][1] === size);
}

function checksumOf({ bids, asks }: PastBook): number {
  return crc32([...asks.slice(0, 10), ...bids.slice(0, 10)].flat().join(''));
}
