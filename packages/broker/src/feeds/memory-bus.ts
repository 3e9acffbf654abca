import { NodeState } from '../memory/node-state.ts';
import type { FeedBus, FeedDelta, FeedHandler, FeedInstrument, FeedPulse, FeedSnapshot, StoredBook } from './bus.ts';
import type { FeedWatch, MemoryFeeds } from './memory-feeds.ts';

/** The base feeds as one node of a hub sees them. Frames are handed on as they are, so a publisher leaves them alone. */
export class MemoryFeedBus implements FeedBus {
  readonly #feeds: MemoryFeeds;
  readonly #state = new NodeState();
  readonly #watches = new Map<string, FeedWatch>();

  constructor(feeds: MemoryFeeds) {
    this.#feeds = feeds;
  }

  start(): void {
    this.#state.start();
  }

  announce(instruments: readonly FeedInstrument[]): Promise<void> {
    return this.#state.run(() => {
      this.#feeds.announce(instruments);
    });
  }

  announceUnknown(instruments: readonly FeedInstrument[]): Promise<void> {
    return this.#state.run(() => {
      this.#feeds.announceUnknown(instruments);
    });
  }

  listInstruments(): Promise<readonly FeedInstrument[]> {
    return this.#state.run(() => this.#feeds.listInstruments());
  }

  publishSnapshot(snapshot: FeedSnapshot, fence: number): Promise<void> {
    return this.#state.run(() => {
      this.#feeds.publishSnapshot(snapshot, fence);
    });
  }

  publishDelta(delta: FeedDelta, fence: number): Promise<void> {
    return this.#state.run(() => {
      this.#feeds.publishDelta(delta, fence);
    });
  }

  publishPulse(pulse: FeedPulse, fence: number): Promise<void> {
    return this.#state.run(() => {
      this.#feeds.publishPulse(pulse, fence);
    });
  }

  watch(symbol: string, handler: FeedHandler): Promise<void> {
    return this.#state.run(() => {
      this.#end(symbol);
      const watch = this.#createWatch(symbol, handler);
      this.#watches.set(symbol, watch);
      this.#feeds.watch(symbol, watch);
    });
  }

  unwatch(symbol: string): Promise<void> {
    return this.#state.run(() => {
      this.#end(symbol);
    });
  }

  readBook(symbol: string): Promise<StoredBook | undefined> {
    return this.#state.run(() => this.#feeds.readBook(symbol));
  }

  close(): void {
    this.#state.close();
    for (const symbol of [...this.#watches.keys()]) this.#end(symbol);
  }

  #createWatch(symbol: string, handler: FeedHandler): FeedWatch {
    const deliver = (call: () => void): void => {
      setImmediate(() => {
        if (this.#watches.get(symbol) === watch) call();
      });
    };
    const watch: FeedWatch = {
      deliverSnapshot: (snapshot) => {
        deliver(() => {
          handler.handleSnapshot(snapshot);
        });
      },
      deliverDelta: (delta) => {
        deliver(() => {
          handler.handleDelta(delta);
        });
      },
      deliverPulse: (pulse) => {
        deliver(() => {
          handler.handlePulse(pulse);
        });
      },
    };
    return watch;
  }

  #end(symbol: string): void {
    const watch = this.#watches.get(symbol);
    if (watch === undefined) return;
    this.#watches.delete(symbol);
    this.#feeds.unwatch(symbol, watch);
  }
}
