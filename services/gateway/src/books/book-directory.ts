import { type BrokerPart, type BrokerStatus, type FeedInstrument, partitionOf } from '@outcry/broker';
import { type Instrument, isSymbol } from '@outcry/protocol';

import type { Fanout } from '../fanout/audience.ts';
import { SharedByName } from '../fanout/shared-by-name.ts';
import type { Logger } from '@outcry/service';
import { Book } from './book.ts';
import type { BookStory } from './book-story.ts';
import { describeInstrument, unknownSymbol } from './book-choices.ts';
import type { FeedReader } from './feed-reader.ts';

const LINGER_MS = 5000;

export interface BookDirectoryOptions {
  readonly feedBus: FeedReader;
  readonly fanout: Fanout;
  readonly logger: Logger;
}

/** The books of this node: followed from the first watcher until a while after the last. */
export class BookDirectory {
  readonly #options: BookDirectoryOptions;
  readonly #books: SharedByName<Book>;
  /** The answer that is being waited for, so that a request of many unknown names asks the bus once. */
  #listing: Promise<readonly FeedInstrument[]> | undefined;

  constructor(options: BookDirectoryOptions) {
    this.#options = options;
    this.#books = new SharedByName({
      create: (symbol) => new Book({ symbol, ...options }),
      start: (book) => this.#start(book),
      stop: (book) => {
        book.close();
      },
      lingerMs: LINGER_MS,
    });
  }

  get size(): number {
    return this.#books.size;
  }

  /** How each is, and who watches it. Costs as much as there are. */
  get stories(): readonly BookStory[] {
    return [...this.#books.values()].map((book) => book.story);
  }

  /**
   * A book that is known and followed; every `open` that resolves needs its `release`.
   *
   * @throws RequestError `unknownSymbol` that names the symbols there are
   */
  async open(symbol: string): Promise<Book> {
    if (!isSymbol(symbol)) throw unknownSymbol(symbol, await this.#list());
    return this.#books.acquire(symbol);
  }

  release(symbol: string): void {
    this.#books.release(symbol);
  }

  async listInstruments(): Promise<readonly Instrument[]> {
    return (await this.#list()).map(describeInstrument);
  }

  showStatus(status: BrokerStatus, { partitions }: BrokerPart): void {
    const concerned = new Set(partitions);
    for (const { symbol, replica } of this.#books.values()) {
      if (!concerned.has(partitionOf(symbol))) continue;
      if (status === 'up') replica.resync();
      else replica.markStale();
    }
  }

  close(): void {
    for (const book of this.#books.values()) book.close();
    this.#books.clear();
  }

  /** A publisher that has announced a book but not published it yet will: its watchers wait for the first snapshot. */
  async #start(book: Book): Promise<void> {
    const instruments = await this.#list();
    if (!instruments.some(({ symbol }) => symbol === book.symbol)) throw unknownSymbol(book.symbol, instruments);
    try {
      await book.replica.start();
    } catch (err) {
      book.close();
      throw err;
    }
  }

  #list(): Promise<readonly FeedInstrument[]> {
    this.#listing ??= this.#options.feedBus.listInstruments().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }
}
