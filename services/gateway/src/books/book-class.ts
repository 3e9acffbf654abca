import type { FeedDelta } from '@outcry/broker';
import { bookChecksum, diffLevels, Side } from '@outcry/order-book';
import type { ServerFrame } from '@outcry/protocol';

import { type Fanout, type Follower, type FrameSource, ownFrame } from '../fanout/audience.ts';
import { ConflatedAudience, type Departure } from '../fanout/conflated-audience.ts';
import type { ClassChoice } from './book-choices.ts';
import type { BookReplica } from './book-replica.ts';
import { type BookLevels, type BookView, deltaFrame, lookAt, snapshotFrame, watchWhole } from './book-view.ts';

const HEARTBEAT_MS = 1000;

/** The levels of each side that a checksum is of. */
const CHECKED_LEVELS = 10;

export interface BookStreamOptions {
  readonly symbol: string;
  readonly choice: ClassChoice;
  readonly replica: BookReplica;
  readonly fanout: Fanout;
}

/** One watch of one class. */
export interface Watcher extends Follower {
  /** Snapshots and deltas carry the checksum of the view. */
  readonly wantsChecksum: boolean;
}

/**
 * One depth and interval of one book, derived once for all its watchers on this node, those with and those without checksums.
 * The view only moves when a frame is published, so a watcher who joins gets the view that the others hold, and the next
 * delta fits it.
 */
export class BookClass {
  readonly #options: BookStreamOptions;
  readonly #plain: ConflatedAudience;
  readonly #checked: ConflatedAudience;
  /** Those that were told `stale` before they were held back. */
  readonly #heldBackStale = new WeakSet<Watcher>();
  #view: BookView | undefined;
  /** The view's snapshot, without and with its checksum: of many watchers who come at once each gets the same bytes. */
  readonly #snapshots = new Map<boolean, FrameSource>();
  #pace: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: BookStreamOptions) {
    this.#options = options;
    const { symbol, choice, fanout } = options;
    const name = `${symbol}/${String(choice.depth)}/${String(choice.interval)}`;
    this.#plain = new ConflatedAudience('b', name, fanout);
    this.#checked = new ConflatedAudience('c', name, fanout);
  }

  get choice(): ClassChoice {
    return this.#options.choice;
  }

  /** Watchers, those that are held back included. */
  get size(): number {
    return this.#plain.size + this.#checked.size;
  }

  /** Sends the watcher the view, then begins delivery. */
  add(watcher: Watcher): void {
    this.#begin();
    this.#sendView(watcher);
    this.#audienceOf(watcher).add(watcher);
  }

  /** A watcher that cannot take the view yet: `resume` begins delivery. */
  addHeldBack(watcher: Watcher): void {
    this.#begin();
    this.#audienceOf(watcher).addHeldBack(watcher);
  }

  /** Ends delivery until `resume`; the watcher is told before. */
  holdBack(watcher: Watcher): void {
    if (this.#options.replica.isStale) this.#heldBackStale.add(watcher);
    this.#audienceOf(watcher).holdBack(watcher);
  }

  /** Sends the watcher the view as it is now, in place of all that it missed, and delivers again. */
  resume(watcher: Watcher): void {
    this.#sendView(watcher);
    const wasStale = this.#heldBackStale.delete(watcher);
    if (wasStale && !this.#options.replica.isStale)
      this.#sendTo(watcher, this.#own({ type: 'fresh', symbol: this.#symbol }));
    this.#audienceOf(watcher).resume(watcher);
  }

  remove(watcher: Watcher, departure: Departure): void {
    this.#audienceOf(watcher).remove(watcher, departure);
    if (this.size === 0) this.close();
  }

  /** The book has moved by one delta of the base feed. At interval 0 that is a frame, else it waits for its time. */
  moved(delta: FeedDelta): void {
    const { interval } = this.#options.choice;
    if (this.size === 0 || interval !== 0) return;
    // The whole book at every frame is the base feed itself: there is nothing to compare.
    this.#publishMove(this.#isBaseFeed ? delta : undefined);
  }

  /** The book is another one: every watcher starts afresh. */
  replaced(): void {
    if (this.size === 0) return;
    const view = this.#show(this.#look());
    if (view !== undefined) this.#publish(snapshotFrame(this.#name, view), view);
  }

  staleChanged(isStale: boolean): void {
    this.#publishToAll({ type: isStale ? 'stale' : 'fresh', symbol: this.#symbol });
  }

  close(): void {
    clearInterval(this.#pace);
    clearInterval(this.#heartbeat);
    this.#show(undefined);
  }

  get #symbol(): string {
    return this.#options.symbol;
  }

  get #name(): ClassChoice & { readonly symbol: string } {
    return { symbol: this.#symbol, ...this.#options.choice };
  }

  get #isBaseFeed(): boolean {
    const { depth, interval } = this.#options.choice;
    return depth === 0 && interval === 0;
  }

  /** Derives from the first watcher on. */
  #begin(): void {
    if (this.size > 0) return;
    const { interval } = this.#options.choice;
    this.#show(this.#look());
    if (interval > 0) this.#pace = every(interval, this.#publishChanges.bind(this));
    this.#heartbeat = every(Math.max(HEARTBEAT_MS, interval), this.#publishHeartbeat.bind(this));
  }

  #publishChanges(): void {
    if (this.#options.replica.state?.seq !== this.#view?.state.seq) this.#publishMove(undefined);
  }

  /** `known` are the changes where they are known without comparing. At an interval, no change is no frame. */
  #publishMove(known: BookLevels | undefined): void {
    const before = this.#view;
    const now = this.#look();
    if (before === undefined || now === undefined) return;
    const changes = known ?? changesBetween(before, now);
    const hasChanges = changes.bids.length > 0 || changes.asks.length > 0;
    if (this.#options.choice.interval > 0 && !hasChanges) return;
    this.#show(now);
    this.#publish(deltaFrame(this.#name, changes, { prev: before.state.seq, state: now.state }), now);
  }

  #publishHeartbeat(): void {
    if (this.#view !== undefined) this.#publishToAll({ type: 'heartbeat', ...this.#name, seq: this.#view.state.seq });
  }

  /** Publishes what leads to `view`, with the view's checksum to those who want it. */
  #publish(frame: Extract<ServerFrame, { type: 'snapshot' | 'delta' }>, view: BookView): void {
    this.#plain.publishFrame(frame);
    // A checksum costs something even where nobody gets it.
    if (this.#checked.size > 0) this.#checked.publishFrame({ ...frame, checksum: this.#checksumOf(view) });
    this.#heartbeat?.refresh();
  }

  #publishToAll(frame: ServerFrame): void {
    this.#plain.publishFrame(frame);
    this.#checked.publishFrame(frame);
  }

  /** The view that all watchers hold. */
  #sendView(watcher: Watcher): void {
    if (this.#view === undefined) return;
    this.#sendTo(watcher, this.#snapshotOf(this.#view, watcher.wantsChecksum));
    if (this.#options.replica.isStale) this.#sendTo(watcher, this.#own({ type: 'stale', symbol: this.#symbol }));
  }

  #snapshotOf(view: BookView, hasChecksum: boolean): FrameSource {
    const present = this.#snapshots.get(hasChecksum);
    if (present !== undefined) return present;
    const frame = snapshotFrame(this.#name, view);
    const source = this.#own(hasChecksum ? { ...frame, checksum: this.#checksumOf(view) } : frame);
    this.#snapshots.set(hasChecksum, source);
    return source;
  }

  /** From here on this is what all watchers hold. */
  #show(view: BookView | undefined): BookView | undefined {
    this.#view = view;
    this.#snapshots.clear();
    return view;
  }

  #checksumOf(view: BookView): number {
    const { book } = this.#options.replica;
    // The view of the base feed is the replica itself, and copies it whole when it is read.
    if (this.#isBaseFeed) return bookChecksum(book.bids(CHECKED_LEVELS), book.asks(CHECKED_LEVELS));
    return bookChecksum(view.bids, view.asks);
  }

  #look(): BookView | undefined {
    const { replica, choice } = this.#options;
    return this.#isBaseFeed ? watchWhole(replica) : lookAt(replica, choice.depth);
  }

  #own(frame: ServerFrame): FrameSource {
    return ownFrame(this.#options.fanout, frame);
  }

  #sendTo({ socket, encoding }: Watcher, source: FrameSource): void {
    const frame = source[encoding]();
    socket.send(frame);
    this.#options.fanout.metrics.countOut(encoding, frame.length, 1);
  }

  #audienceOf({ wantsChecksum }: Watcher): ConflatedAudience {
    return wantsChecksum ? this.#checked : this.#plain;
  }
}

function changesBetween(before: BookView, now: BookView): BookLevels {
  return {
    bids: diffLevels(before.bids, now.bids, Side.Bids),
    asks: diffLevels(before.asks, now.asks, Side.Asks),
  };
}

function every(ms: number, run: () => void): NodeJS.Timeout {
  return setInterval(run, ms).unref();
}
