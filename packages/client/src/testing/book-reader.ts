import type { BookNews } from '../core/book-news.ts';
import { BookState } from '../core/book-state.ts';
import type { Machine } from '../core/machine.ts';
import { BOOK_CLASS, bookText, type FakeBook } from './fake-book.ts';

export interface BookReaderOptions {
  readonly machine: Machine;
  readonly source: FakeBook;
  readonly random: () => number;
  readonly faults: string[];
}

/** One who watches a book, and holds what it shows against what stood in its source at the same place. */
export class BookReader {
  readonly book: BookState;
  readonly #options: BookReaderOptions;

  constructor(options: BookReaderOptions) {
    const { machine, random } = options;
    this.#options = options;
    this.book = new BookState({
      bookClass: BOOK_CLASS,
      hasChecksum: random() < 0.5,
      emit: machine.emit,
      random,
      listener: (news) => {
        this.#hear(news);
      },
    });
  }

  /** Live, and where the source is. */
  get isAtHead(): boolean {
    const { source } = this.#options;
    const { stamp, isStale } = this.book;
    return !isStale && stamp?.epoch === source.epoch && stamp.seq === source.seq;
  }

  #hear({ type }: BookNews): void {
    const { stamp, levels } = this.book;
    if (stamp === undefined || (type !== 'snapshot' && type !== 'delta' && type !== 'fresh')) return;
    const { epoch, seq, priceScale } = stamp;
    const { source, faults } = this.#options;
    if (bookText([levels.bids(), levels.asks()], priceScale) !== source.textAt(epoch, seq)) {
      faults.push(`${type} ${epoch}:${String(seq)} shows what never stood there`);
    }
  }
}
