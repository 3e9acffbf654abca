import type { Instrument } from '@outcry/protocol';
import type { Book } from '../book.ts';
import type { BookWatch } from '../book-watch.ts';
import type { ConnectionStatus } from '../connection.ts';
import { groupDigits, middle, runningTotals, subtract } from '../decimal.ts';
import { byId, setText } from './dom.ts';
import { LadderChoices } from './ladder-choices.ts';
import { LadderSide } from './ladder-side.ts';

const VITALS_EVERY_MS = 200;
const NOTHING = '–';

/** The order book: quotes, the ladder, and how alive it is. Drawn at most once a frame of the screen. */
export class LadderView {
  readonly #watch: BookWatch;
  readonly #choices: LadderChoices;
  readonly #panel = byId('panel-book', HTMLElement);
  readonly #asks = new LadderSide('asks');
  readonly #bids = new LadderSide('bids');
  #status: ConnectionStatus = { state: 'connecting' };
  #hasInstruments = true;
  #isDrawing = false;
  #flashed: BookWatch['changes'] = [];

  constructor(watch: BookWatch) {
    this.#watch = watch;
    this.#choices = new LadderChoices((choice) => {
      watch.watch(choice);
    });
    setInterval(() => {
      this.#renderVitals();
    }, VITALS_EVERY_MS);
  }

  offer(instruments: readonly Instrument[]): void {
    this.#hasInstruments = instruments.length > 0;
    this.#panel.classList.toggle('has-no-books', !this.#hasInstruments);
    this.#choices.offer(instruments);
    this.render();
  }

  showStatus(status: ConnectionStatus): void {
    this.#status = status;
    this.render();
  }

  render(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { book } = this.#watch;
    this.#panel.classList.toggle('is-empty', book === undefined);
    if (book === undefined) this.#drawEmpty();
    else this.#drawBook(book);
    this.#renderVitals();
  }

  #drawBook(book: Book): void {
    byId('book-empty', HTMLElement).hidden = true;
    const totals = { bids: totalsOf(book.bids, book.sizeScale), asks: totalsOf(book.asks, book.sizeScale) };
    const fullSize = Math.max(Number(totals.bids.at(-1) ?? 0), Number(totals.asks.at(-1) ?? 0));
    this.#asks.render(book.asks, totals.asks, fullSize);
    this.#bids.render(book.bids, totals.bids, fullSize);
    drawQuotes(book);
    if (this.#watch.changes === this.#flashed) return;
    this.#flashed = this.#watch.changes;
    this.#asks.flash(this.#flashed);
    this.#bids.flash(this.#flashed);
  }

  #drawEmpty(): void {
    this.#asks.render([], [], 1);
    this.#bids.render([], [], 1);
    for (const id of ['best-bid', 'best-ask', 'mid', 'spread']) setText(byId(id, HTMLElement), NOTHING);
    for (const id of ['best-bid-size', 'best-ask-size', 'spread-bps']) setText(byId(id, HTMLElement), '');
    byId('book-empty', HTMLElement).hidden = false;
    const [title, text] = this.#emptyText();
    setText(byId('book-empty-title', HTMLElement), title);
    setText(byId('book-empty-text', HTMLElement), text);
  }

  #emptyText(): [title: string, text: string] {
    if (this.#status.state === 'closed') return ['Disconnected', 'The gateway ended this session.'];
    if (this.#status.state === 'reconnecting') return ['No gateway answers', 'Trying again in a moment.'];
    if (this.#watch.problem !== undefined) return ['This book cannot be shown', this.#watch.problem];
    if (!this.#hasInstruments) return ['No books yet', 'They appear as soon as a feed publisher starts.'];
    return ['Opening the book…', 'The first snapshot is on its way.'];
  }

  #renderVitals(): void {
    const now = Date.now();
    const { book, lastFrameAt } = this.#watch;
    const badge = byId('book-badge', HTMLElement);
    const isLive = this.#status.state === 'live' && book !== undefined && !this.#watch.isStale(now);
    const isOld = book !== undefined && !isLive;
    badge.className = `badge ${isLive ? 'badge-live' : 'badge-warn'}`;
    badge.hidden = book === undefined;
    setText(badge, isLive ? 'live' : 'stale');
    this.#panel.classList.toggle('is-old', isOld);
    setText(byId('book-rate', HTMLElement), `${this.#watch.updatesPerSecond(now).toFixed(1)}/s`);
    setText(byId('book-age', HTMLElement), lastFrameAt === undefined ? NOTHING : age(now - lastFrameAt));
    setText(byId('book-seq', HTMLElement), book === undefined ? NOTHING : groupDigits(String(book.seq)));
  }
}

function totalsOf(levels: Book['bids'], sizeScale: number): string[] {
  return runningTotals(
    levels.map(({ size }) => size),
    sizeScale,
  );
}

function drawQuotes({ bids: [bid], asks: [ask], priceScale }: Book): void {
  setText(byId('best-bid', HTMLElement), bid === undefined ? NOTHING : groupDigits(bid.price));
  setText(byId('best-bid-size', HTMLElement), bid?.size ?? '');
  setText(byId('best-ask', HTMLElement), ask === undefined ? NOTHING : groupDigits(ask.price));
  setText(byId('best-ask-size', HTMLElement), ask?.size ?? '');
  const [mid, spread, bps] =
    bid === undefined || ask === undefined ? [NOTHING, NOTHING, ''] : between(bid.price, ask.price, priceScale);
  setText(byId('mid', HTMLElement), mid);
  setText(byId('spread', HTMLElement), spread);
  setText(byId('spread-bps', HTMLElement), bps);
}

function between(bid: string, ask: string, scale: number): [mid: string, spread: string, bps: string] {
  const mid = middle(bid, ask, scale);
  const spread = subtract(ask, bid, scale);
  const bps = Number(((Number(spread) / Number(mid)) * 10_000).toPrecision(2));
  return [groupDigits(mid), groupDigits(spread), `${String(bps)} bps`];
}

function age(ms: number): string {
  return ms < 60_000 ? `${(Math.max(0, ms) / 1_000).toFixed(1)} s` : `${String(Math.floor(ms / 60_000))} min`;
}
