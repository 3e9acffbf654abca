import { type Book, formatScaled, type Instrument, type Level } from '@outcry/client';
import { byId, setText } from '@outcry/page';

import { groupDigits } from '../../text/decimal.ts';
import { runningTotals, spreadOf } from '../../books/depth.ts';
import { durationText } from '../../text/duration.ts';
import type { Session } from '../../session.ts';
import { BookStateView } from './book-state.ts';
import { DepthChart } from './depth-chart.ts';
import { LadderChoices } from './ladder-choices.ts';
import { type LadderLevel, LadderSide } from './ladder-side.ts';

const VITALS_EVERY_MS = 200;
const NOTHING = '–';

/** The order book: quotes, depth, the ladder, and how alive it is. Drawn at most once a frame of the screen. */
export class LadderView {
  readonly #session: Session;
  readonly #choices: LadderChoices;
  readonly #chart = new DepthChart();
  readonly #panel = byId('panel-book', HTMLElement);
  readonly #state = new BookStateView();
  readonly #asks = new LadderSide('asks');
  readonly #bids = new LadderSide('bids');
  #hasInstruments = true;
  #isDrawing = false;
  #drawn: Book | undefined;

  constructor(session: Session) {
    this.#session = session;
    this.#choices = new LadderChoices((choice) => {
      session.watch.watch(choice);
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

  render(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { book } = this.#session.watch;
    const isShown = book?.stamp !== undefined;
    this.#panel.classList.toggle('is-empty', !isShown);
    if (isShown) this.#drawBook(book);
    else this.#drawEmpty();
    this.#renderVitals();
  }

  #drawBook(book: Book): void {
    byId('book-empty', HTMLElement).hidden = true;
    const { bids, asks } = book;
    const totals = { bids: runningTotals(bids), asks: runningTotals(asks) };
    // The same for both sides, so that they can be compared.
    const full = Math.max(totals.bids.at(-1) ?? 0, totals.asks.at(-1) ?? 0);
    const isNew = book !== this.#drawn;
    this.#drawn = book;
    this.#asks.render(toLadder(book, asks, { totals: totals.asks, full }), isNew);
    this.#bids.render(toLadder(book, bids, { totals: totals.bids, full }), isNew);
    this.#chart.render(book);
    drawQuotes(book);
  }

  #drawEmpty(): void {
    this.#drawn = undefined;
    this.#asks.render([], true);
    this.#bids.render([], true);
    this.#chart.clear();
    for (const id of ['best-bid', 'best-ask', 'mid', 'spread']) setText(byId(id, HTMLElement), NOTHING);
    for (const id of ['best-bid-size', 'best-ask-size', 'spread-bps']) setText(byId(id, HTMLElement), '');
    byId('book-empty', HTMLElement).hidden = false;
    const [title, text] = this.#emptyText();
    setText(byId('book-empty-title', HTMLElement), title);
    setText(byId('book-empty-text', HTMLElement), text);
  }

  #emptyText(): [title: string, text: string] {
    const { client, watch } = this.#session;
    if (client.status.state === 'closed') return ['Disconnected', 'The gateway ended this session.'];
    if (client.status.state === 'reconnecting') return ['No gateway answers', 'Trying again in a moment.'];
    if (watch.problem !== undefined) return ['This book cannot be shown', watch.problem];
    if (!this.#hasInstruments) return ['No books yet', 'They appear as soon as a feed publisher starts.'];
    return ['Opening the book…', 'The first snapshot is on its way.'];
  }

  #renderVitals(): void {
    const { watch } = this.#session;
    const { book, latencyMs, repairs } = watch;
    const isShown = book?.stamp !== undefined;
    const isLive = book?.status === 'live';
    this.#state.render(book, this.#choices.kind);
    this.#panel.classList.toggle('is-old', isShown && !isLive);
    setText(byId('book-rate', HTMLElement), `${watch.updatesPerSecond.toFixed(1)}/s`);
    setText(byId('book-latency', HTMLElement), latencyMs === undefined || !isLive ? NOTHING : latencyText(latencyMs));
    const checked = repairs === 0 ? 'verified' : `repaired ×${String(repairs)}`;
    setText(byId('book-checks', HTMLElement), isLive ? checked : 'not live');
    setText(byId('book-seq', HTMLElement), isShown ? groupDigits(String(book.stamp.seq)) : NOTHING);
  }
}

function toLadder(
  book: Book,
  levels: readonly Level[],
  { totals, full }: { readonly totals: readonly number[]; readonly full: number },
): LadderLevel[] {
  const { sizeScale = 0 } = book.stamp ?? {};
  return levels.map((level, index) => {
    const total = totals[index] ?? 0;
    return { ...book.toDecimal(level), total: formatScaled(total, sizeScale), fill: total / full };
  });
}

function drawQuotes(book: Book): void {
  const [bid] = book.bids;
  const [ask] = book.asks;
  drawQuote('bid', bid === undefined ? undefined : book.toDecimal(bid));
  drawQuote('ask', ask === undefined ? undefined : book.toDecimal(ask));
  const between =
    bid === undefined || ask === undefined ? undefined : spreadOf(bid[0], ask[0], book.stamp?.priceScale ?? 0);
  setText(byId('mid', HTMLElement), between?.mid ?? NOTHING);
  setText(byId('spread', HTMLElement), between?.spread ?? NOTHING);
  setText(byId('spread-bps', HTMLElement), between?.bps ?? '');
}

function drawQuote(side: 'bid' | 'ask', level: { readonly price: string; readonly size: string } | undefined): void {
  setText(byId(`best-${side}`, HTMLElement), level === undefined ? NOTHING : groupDigits(level.price));
  setText(byId(`best-${side}-size`, HTMLElement), level?.size ?? '');
}

/** As well as the clocks of the servers, and this page's knowledge of them, agree: a little below nothing is nothing. */
function latencyText(ms: number): string {
  if (ms < 1) return '< 1 ms';
  return ms < 1_000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : durationText(ms);
}
