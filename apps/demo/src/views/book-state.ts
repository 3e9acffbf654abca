import type { Book, Instrument } from '@outcry/client';

import { ageText } from '../duration.ts';
import { KIND_TEXTS } from '../source-kinds.ts';
import { byId, setText } from './dom.ts';
import { fullTime } from './times.ts';

type ShownBook = Pick<Book, 'status' | 'stamp' | 'ageMs'>;

/** Beside the symbol: whether the book is right now, how old it is where it is not, and whether any market makes its prices. */
export class BookStateView {
  readonly #badge = byId('book-badge', HTMLElement);
  readonly #kind = byId('book-kind', HTMLElement);
  readonly #age = byId('book-age', HTMLElement);

  /** `kind` is undefined where the publisher does not say; then the book is called live as long as its feed is. */
  render(book: ShownBook | undefined, kind: Instrument['kind']): void {
    const stamp = book?.stamp;
    const isShown = stamp !== undefined;
    const isStale = isShown && book?.status !== 'live';
    const texts = KIND_TEXTS[kind ?? 'live'];
    setText(this.#kind, isShown ? texts.badge : '');
    this.#kind.title = kind === 'replay' && isShown ? `${texts.title}: ${fullTime(stamp.venueAt)}` : texts.title;
    setText(this.#badge, isStale ? 'stale' : isShown && texts.badge === '' ? 'live' : '');
    this.#badge.dataset['state'] = isStale ? 'stale' : isShown ? 'live' : 'none';
    this.#badge.className = `badge ${isStale ? 'badge-warn' : 'badge-live'}`;
    setText(this.#age, isStale ? `${ageText(book.ageMs ?? 0)} old` : '');
  }
}
