import type { FeedDelta } from '@outcry/broker';

import type { Fanout } from '../fanout/audience.ts';
import type { Logger } from '@outcry/service';
import type { ClassChoice } from './book-choices.ts';
import { BookClass } from './book-class.ts';
import type { BookStory } from './book-story.ts';
import { BookReplica, type ReplicaListener } from './book-replica.ts';
import type { FeedReader } from './feed-reader.ts';
import { SnapshotStream } from './snapshot-stream.ts';

export interface BookOptions {
  readonly symbol: string;
  readonly feedBus: FeedReader;
  readonly fanout: Fanout;
  readonly logger: Logger;
}

/** One symbol on this node: its replica, and everything that is derived from it while somebody watches. */
export class Book implements ReplicaListener {
  readonly symbol: string;
  readonly replica: BookReplica;
  readonly #fanout: Fanout;
  readonly #classes = new Map<string, BookClass>();
  readonly #streams = new Map<string, SnapshotStream>();

  constructor({ symbol, feedBus, fanout, logger }: BookOptions) {
    this.symbol = symbol;
    this.#fanout = fanout;
    const countResync = (): void => {
      fanout.metrics.bookResyncs.inc();
    };
    this.replica = new BookReplica({ symbol, feedBus, listener: this, logger, countResync });
  }

  /** The class of a choice that was checked to be on offer. */
  classOf(choice: ClassChoice): BookClass {
    return ensure(this.#classes, choice, () => new BookClass(this.#streamOptions(choice)));
  }

  streamOf(choice: ClassChoice): SnapshotStream {
    return ensure(this.#streams, choice, () => new SnapshotStream(this.#streamOptions(choice)));
  }

  get story(): BookStory {
    const { state, isStale } = this.replica;
    const told = (
      streams: Iterable<BookClass | SnapshotStream>,
      endpoint: BookStory['classes'][number]['endpoint'],
    ): BookStory['classes'] =>
      [...streams]
        .filter(({ size }) => size > 0)
        .map(({ choice: { depth, interval }, size }) => ({ endpoint, depth, interval, watchers: size }));
    return {
      symbol: this.symbol,
      isStale,
      ...(state === undefined ? {} : { epoch: state.epoch, seq: state.seq, at: state.at, venueAt: state.venueAt }),
      classes: [...told(this.#classes.values(), '/ws'), ...told(this.#streams.values(), '/orderbookfeed')],
    };
  }

  moved(delta: FeedDelta): void {
    for (const bookClass of this.#classes.values()) bookClass.moved(delta);
  }

  replaced(): void {
    for (const bookClass of this.#classes.values()) bookClass.replaced();
  }

  staleChanged(isStale: boolean): void {
    for (const bookClass of this.#classes.values()) bookClass.staleChanged(isStale);
  }

  close(): void {
    this.replica.close();
    for (const bookClass of this.#classes.values()) bookClass.close();
    for (const stream of this.#streams.values()) stream.close();
  }

  #streamOptions(choice: ClassChoice): ConstructorParameters<typeof BookClass>[0] {
    return { symbol: this.symbol, choice, replica: this.replica, fanout: this.#fanout };
  }
}

function ensure<T>(map: Map<string, T>, { depth, interval }: ClassChoice, create: () => T): T {
  const key = `${String(depth)}/${String(interval)}`;
  const present = map.get(key);
  if (present !== undefined) return present;
  const created = create();
  map.set(key, created);
  return created;
}
