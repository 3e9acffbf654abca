import { createHash } from 'node:crypto';
import { once } from 'node:events';

import { type Level, OrderBook, parseScaled } from '@outcry/order-book';
import { createCodecs, type ReceivedFrame, SUBPROTOCOLS } from '@outcry/protocol';
import { WebSocket } from 'ws';

type Snapshot = Extract<ReceivedFrame, { type: 'snapshot' }>;
type Delta = Extract<ReceivedFrame, { type: 'delta' }>;

interface WatchedBook {
  readonly book: OrderBook;
  readonly snapshot: Snapshot;
  seq: number;
  /** Unix milliseconds at the publisher. */
  at: number;
}

const codec = createCodecs().json;
const HEARTBEAT_MS = 10_000;
const SYMBOLS_PER_REQUEST = 20;
const WHOLE_BOOK = { depth: 0, interval: 0 };

/** A client that keeps whole books as a user would, and a digest of each state that it went through. */
export class WatchedBooks implements AsyncDisposable {
  /** By symbol, epoch and seq: a digest of the whole book there. */
  readonly states = new Map<string, string>();
  readonly #socket: WebSocket;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #books = new Map<string, WatchedBook>();
  #snapshots = 0;
  #laggings = 0;
  #broken = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data: Buffer) => {
      this.#receive(data.toString('utf8'));
    });
    // A reset is an end like any other.
    socket.on('error', () => undefined);
    // Answers to the server's own pings wait behind whatever is still to be read; these do not.
    this.#heartbeat = setInterval(() => {
      if (this.isOpen) socket.send(codec.encodeClient({ type: 'ping' }));
    }, HEARTBEAT_MS);
  }

  /** Watches these symbols in JSON: the largest frames there are. Every frame of the whole book, unless said otherwise. */
  static async open(port: number, symbols: readonly string[], choice = WHOLE_BOOK): Promise<WatchedBooks> {
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/ws`, [SUBPROTOCOLS.json]);
    const books = new WatchedBooks(socket);
    await once(socket, 'open');
    for (let start = 0; start < symbols.length; start += SYMBOLS_PER_REQUEST) {
      const part = symbols.slice(start, start + SYMBOLS_PER_REQUEST);
      socket.send(codec.encodeClient({ type: 'subscribe', symbols: part, ...choice }));
    }
    return books;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get snapshots(): number {
    return this.#snapshots;
  }

  /** Times that it was told that it lags. */
  get laggings(): number {
    return this.#laggings;
  }

  /** Deltas that did not follow what it held. */
  get broken(): number {
    return this.#broken;
  }

  /** Milliseconds since the publisher stamped the frame that the oldest of its books stands at. */
  ageMs(): number {
    return Date.now() - Math.min(...[...this.#books.values()].map(({ at }) => at));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeat);
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.#socket.terminate();
    await once(this.#socket, 'close');
  }

  #receive(text: string): void {
    const frame = codec.decodeServer(text);
    if (frame?.type === 'lagging') this.#laggings += 1;
    else if (frame?.type === 'snapshot') this.#replace(frame);
    else if (frame?.type === 'delta') this.#apply(frame);
  }

  #replace(snapshot: Snapshot): void {
    this.#snapshots += 1;
    const watched = { book: new OrderBook(), snapshot, seq: snapshot.seq, at: snapshot.at };
    watched.book.applySnapshot(toLevels(snapshot.bids, snapshot), toLevels(snapshot.asks, snapshot));
    this.#books.set(snapshot.symbol, watched);
    this.#remember(watched);
  }

  #apply({ symbol, bids, asks, prev, seq, at }: Delta): void {
    const watched = this.#books.get(symbol);
    if (watched?.seq !== prev) {
      this.#broken += 1;
      return;
    }
    watched.book.applyDelta(toLevels(bids, watched.snapshot), toLevels(asks, watched.snapshot));
    watched.seq = seq;
    watched.at = at;
    this.#remember(watched);
  }

  #remember({ book, snapshot: { symbol, epoch }, seq }: WatchedBook): void {
    const sides = JSON.stringify([book.bids(), book.asks()]);
    this.states.set(`${symbol}/${epoch}/${String(seq)}`, createHash('sha1').update(sides).digest('base64'));
  }
}

function toLevels(levels: Snapshot['bids'], { priceScale, sizeScale }: Snapshot): Level[] {
  return levels.map(([price, size]) => [parseScaled(String(price), priceScale), parseScaled(String(size), sizeScale)]);
}
