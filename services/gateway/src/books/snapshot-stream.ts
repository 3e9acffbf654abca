import { type Follower, ownFrame } from '../fanout/audience.ts';
import { ConflatedAudience, type Departure } from '../fanout/conflated-audience.ts';
import type { ClassChoice } from './book-choices.ts';
import type { BookStreamOptions } from './book-class.ts';
import { lookAt, snapshotFrame } from './book-view.ts';

/** What an interval of 0, every frame, comes to where whole snapshots are sent. */
const SHORTEST_INTERVAL_MS = 100;

/** `/orderbookfeed`: one book's snapshot at once and again each interval, made once for all who follow it on this node. */
export class SnapshotStream {
  readonly #options: BookStreamOptions;
  readonly #audience: ConflatedAudience;
  #pace: NodeJS.Timeout | undefined;

  constructor(options: BookStreamOptions) {
    this.#options = options;
    const { symbol, choice, fanout } = options;
    this.#audience = new ConflatedAudience('s', `${symbol}/${String(choice.depth)}/${String(choice.interval)}`, fanout);
  }

  get choice(): ClassChoice {
    return this.#options.choice;
  }

  get size(): number {
    return this.#audience.size;
  }

  add(watcher: Follower): void {
    this.#pace ??= setInterval(
      () => {
        this.#publish();
      },
      Math.max(SHORTEST_INTERVAL_MS, this.#options.choice.interval),
    ).unref();
    this.#sendTo(watcher);
    this.#audience.add(watcher);
  }

  /** Skips the watcher until `resume`. */
  holdBack(watcher: Follower): void {
    this.#audience.holdBack(watcher);
  }

  /** Sends what is newest, and goes on. */
  resume(watcher: Follower): void {
    this.#sendTo(watcher);
    this.#audience.resume(watcher);
  }

  remove(watcher: Follower, departure: Departure): void {
    this.#audience.remove(watcher, departure);
    if (this.#audience.size === 0) this.close();
  }

  close(): void {
    clearInterval(this.#pace);
    this.#pace = undefined;
  }

  #publish(): void {
    const { symbol, choice, replica } = this.#options;
    const view = lookAt(replica, choice.depth);
    if (view !== undefined) this.#audience.publishFrame(snapshotFrame({ symbol, ...choice }, view));
  }

  #sendTo({ socket, encoding }: Follower): void {
    const { symbol, choice, replica, fanout } = this.#options;
    const view = lookAt(replica, choice.depth);
    if (view === undefined) return;
    const frame = ownFrame(fanout, snapshotFrame({ symbol, ...choice }, view))[encoding]();
    socket.send(frame);
    fanout.metrics.countOut(encoding, frame.length, 1);
  }
}
