import type { Book, Instrument } from '@outcry/client';
import { byId, setText } from '@outcry/page';

import { ageText } from '../../text/duration.ts';
import { KIND_TEXTS } from '../../books/source-kinds.ts';
import { shortDate } from '../parts/times.ts';

type ShownBook = Pick<Book, 'status' | 'stamp' | 'ageMs'>;

/** Beside the symbol: whether the book is right now, how old it is where it is not, and whether any market makes its prices. */
export class BookStateView {
  readonly #badge = byId('book-badge', HTMLElement);
  readonly #kind = byId('book-kind', HTMLElement);
  readonly #age = byId('book-age', HTMLElement);

  /** `kind` is undefined where the publisher does not say; then the book is called live as long as its feed is. */
  render(book: ShownBook | undefined, kind: Instrument['kind']): void {
    const stamp = book?.stamp;
    const isStale = stamp !== undefined && book?.status !== 'live';
    const texts = KIND_TEXTS[kind ?? 'live'];
    const state = stamp === undefined ? 'none' : isStale ? 'stale' : 'live';
    setText(this.#kind, stamp === undefined ? '' : texts.badge);
    this.#kind.title = texts.title;
    // What nobody trades by is not called live, however steadily it comes.
    setText(this.#badge, state === 'stale' || (state === 'live' && texts.badge === '') ? state : '');
    this.#badge.dataset['state'] = state;
    this.#badge.className = `badge ${isStale ? 'badge-warn' : 'badge-live'}`;
    this.#age.classList.toggle('is-warning', isStale);
    const recordedOn = stamp !== undefined && kind === 'replay' ? shortDate(stamp.venueAt) : '';
    setText(this.#age, isStale ? `${ageText(book?.ageMs ?? 0)} old` : recordedOn);
  }
}
