import type { Level } from '@outcry/protocol';
import type { WireLevel, WireServerFrame } from '@outcry/testkit';

import { Connection } from './connection.ts';
import type { Random } from '../../support/random.ts';

/** Views that are kept, to be compared with what was stored a moment ago. */
const MAX_VIEWS = 500;

type Side = Map<number, number>;

/** A client that watches the whole of a book, every frame, and keeps it as docs/PROTOCOL.md §5.3 says. */
export class BookClient implements Disposable {
  readonly symbol: string;
  frames = 0;
  losses = 0;
  /** Deltas whose `prev` is not the `seq` that is held. */
  broken = 0;
  /** Snapshots of an epoch that another had followed already. */
  interleaved = 0;
  readonly #connection: Connection;
  readonly #epochs = new Set<string>();
  readonly #views = new Map<string, string>();
  readonly #bids: Side = new Map();
  readonly #asks: Side = new Map();
  #epoch = '';
  #seq = 0;

  constructor({ symbol, url, random }: { symbol: string; url: string; random: Random }) {
    this.symbol = symbol;
    this.#connection = new Connection({
      user: 'watcher',
      url: () => url,
      random,
      onOpen: () => {
        this.#connection.send({ type: 'subscribe', symbol, depth: 0, interval: 0 });
      },
      onFrame: (frame) => {
        this.#take(frame);
      },
      onLost: () => {
        this.losses += 1;
      },
    });
    this.#connection.open();
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** The book as it was at a position, for some time after it. */
  viewAt(epoch: string, seq: number): string | undefined {
    return this.#views.get(`${epoch} ${String(seq)}`);
  }

  [Symbol.dispose](): void {
    this.#connection.cut();
  }

  #take(frame: WireServerFrame): void {
    if (frame.type !== 'snapshot' && frame.type !== 'delta') return;
    this.frames += 1;
    if (frame.type === 'snapshot') {
      if (frame.epoch !== this.#epoch && this.#epochs.has(frame.epoch)) this.interleaved += 1;
      this.#epoch = frame.epoch;
      this.#epochs.add(frame.epoch);
      this.#bids.clear();
      this.#asks.clear();
    } else if (frame.prev !== this.#seq) {
      this.broken += 1;
    }
    this.#seq = frame.seq;
    put(this.#bids, frame.bids);
    put(this.#asks, frame.asks);
    this.#views.set(`${this.#epoch} ${String(this.#seq)}`, viewOf([...this.#bids], [...this.#asks]));
    const [oldest] = this.#views.keys();
    if (this.#views.size > MAX_VIEWS && oldest !== undefined) this.#views.delete(oldest);
  }
}

/** A book as text, best first. */
export function viewOf(bids: readonly Level[], asks: readonly Level[]): string {
  const side = (levels: readonly Level[], order: number): Level[] => [...levels].sort((a, b) => order * (a[0] - b[0]));
  return JSON.stringify([side(bids, -1), side(asks, 1)]);
}

function put(side: Side, levels: readonly WireLevel[]): void {
  for (const [price, size] of levels) {
    if (Number(size) === 0) side.delete(Number(price));
    else side.set(Number(price), Number(size));
  }
}
