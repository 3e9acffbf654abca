import type { Instrument } from '@outcry/protocol';

import { toAck } from './connection/answers.ts';
import { Book, type BookOptions } from './book.ts';
import { check, FUNCTION, type Rule, takeOptions } from './primitives/check.ts';
import { RoomsClient } from './rooms-client.ts';

const DEFAULT_DEPTH = 10;
const DEFAULT_INTERVAL_MS = 100;
const BOOK_RULES: { readonly [K in keyof BookOptions]-?: Rule } = {
  depth: 'uint',
  interval: 'uint',
  checksum: 'bool',
  onChange: FUNCTION,
};

/** One session with a cluster of gateways, kept up until it is closed: rooms, books, and where it stands. */
export class Client extends RoomsClient {
  /** Watches a book for as long as the client lives, or until it is closed. */
  book(symbol: string, options: BookOptions = {}): Book {
    check('symbol', symbol, 'symbol');
    const taken = takeOptions(options, BOOK_RULES);
    const { depth = DEFAULT_DEPTH, interval = DEFAULT_INTERVAL_MS } = taken;
    const bookClass = { symbol, depth, interval };
    const what = `the book ${[symbol, depth, interval].join(' ')}`;
    return this.open(what, (onClosed) => new Book({ driver: this.driver, bookClass, options: taken, onClosed }));
  }

  /** What books there are, at which depths and intervals. */
  async symbols(): Promise<readonly Instrument[]> {
    const { requestTimeoutMs: timeoutMs } = this.driver.settings;
    const answer = await this.driver.request((id) => ({ type: 'symbols', id }), { timeoutMs });
    return toAck(answer).instruments ?? [];
  }
}
