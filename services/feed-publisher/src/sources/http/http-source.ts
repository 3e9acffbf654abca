import { type FeedInstrument, OutcryError } from '@outcry/broker';
import { isSymbol, SourceKind, SYMBOL_RULE } from '@outcry/protocol';

import type { BookIngest, BookSource, Scales } from '../book-source.ts';
import { IngestError } from './ingest-error.ts';
import { PostedBook } from './posted-book.ts';
import { decodeDeltas, decodeSnapshot, type PostedSnapshot } from './posted-body.ts';

export interface HttpSourceOptions {
  /** The only books there are; where there are none, snapshots declare them. */
  readonly instruments: readonly FeedInstrument[];
  /** Each lets its bearer post. */
  readonly keys: readonly string[];
  readonly maxBodyBytes: number;
  /** Without a request for so long a book counts as old; 0 is never. */
  readonly silenceMs: number;
}

/** Books that snapshots may declare. An engine with more of them names them in the configuration. */
const MAX_DECLARED_BOOKS = 1000;

/** Books that a matching engine posts. A publisher that is not asked for events keeps them all the same. */
export function createHttpSource({ instruments, silenceMs }: HttpSourceOptions): BookSource & { ingest: BookIngest } {
  const books = new Map<string, PostedBook>();
  const isClosed = instruments.length > 0;
  const declared = new Declarations();

  const create = (symbol: string, scales: Scales): PostedBook => {
    const book = new PostedBook({ scales, silenceMs });
    books.set(symbol, book);
    return book;
  };
  for (const { symbol, ...scales } of instruments) create(symbol, scales);

  const declare = (symbol: string, snapshot: PostedSnapshot): number => {
    checkDeclaration(symbol, { isClosed, count: books.size });
    const scales = scalesOf(snapshot);
    const book = new PostedBook({ scales, silenceMs });
    // Only a book that is right may become one that everybody is told of.
    const seq = book.replace(snapshot);
    books.set(symbol, book);
    declared.tell({ symbol, ...scales });
    return seq;
  };

  return {
    kind: SourceKind.Live,
    mayRecover: true,
    instruments,
    events(symbol, signal) {
      const book = books.get(symbol);
      if (book === undefined) throw new OutcryError('badFeed', `nobody has posted ${symbol}`);
      return book.events(signal);
    },
    watchInstruments(handler) {
      declared.listen(handler);
    },
    ingest: {
      replaceBook(symbol, body) {
        const snapshot = decodeSnapshot(body);
        return books.get(symbol)?.replace(snapshot) ?? declare(symbol, snapshot);
      },
      extendBook(symbol, body) {
        const deltas = decodeDeltas(body);
        const book = books.get(symbol);
        if (book !== undefined) return book.extend(deltas);
        throw new IngestError('unknownSymbol', 'there is no such book: a snapshot has to declare it');
      },
    },
    close() {
      for (const book of books.values()) book.close();
      return Promise.resolve();
    },
  };
}

/** An engine may post as soon as the port is open: what is declared before anybody listens is told then. */
class Declarations {
  readonly #unheard: FeedInstrument[] = [];
  #handle: ((instrument: FeedInstrument) => void) | undefined;

  tell(instrument: FeedInstrument): void {
    if (this.#handle === undefined) this.#unheard.push(instrument);
    else this.#handle(instrument);
  }

  listen(handle: (instrument: FeedInstrument) => void): void {
    this.#handle = handle;
    this.#unheard.splice(0).forEach(handle);
  }
}

function checkDeclaration(symbol: string, books: { readonly isClosed: boolean; readonly count: number }): void {
  if (books.isClosed || !isSymbol(symbol)) {
    const why = books.isClosed
      ? 'the configuration does not name this book'
      : `no book can be called that: expected ${SYMBOL_RULE}`;
    throw new IngestError('unknownSymbol', why);
  }
  if (books.count >= MAX_DECLARED_BOOKS) {
    throw new IngestError('tooManyBooks', `${String(MAX_DECLARED_BOOKS)} books have been declared`);
  }
}

function scalesOf({ priceScale, sizeScale }: PostedSnapshot): Scales {
  if (priceScale !== undefined && sizeScale !== undefined) return { priceScale, sizeScale };
  const path = priceScale === undefined ? 'priceScale' : 'sizeScale';
  throw new IngestError('scalesRequired', "a book's first snapshot tells its decimal places", { path });
}
