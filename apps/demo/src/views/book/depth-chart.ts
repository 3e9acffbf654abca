import { type Book, formatScaled } from '@outcry/client';
import { byId, setText } from '@outcry/page';

import { groupDigits } from '../../text/decimal.ts';
import { type DepthShape, depthShape, type DepthStep, roundTicks } from '../../books/depth-shape.ts';

/** Above the tallest slope, so that the reading has a place. */
const HEADROOM = 1.28;
const TOTAL = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

type ShownBook = Pick<Book, 'bids' | 'asks' | 'depth' | 'stamp'>;

interface Scales {
  readonly price: number;
  readonly size: number;
}

/** The book as two slopes: what one would have to buy or sell to move the price to there. Drawn in percent of its frame. */
export class DepthChart {
  readonly #figure = byId('depth', HTMLElement);
  readonly #picture = byId('depth-chart', SVGSVGElement);
  readonly #slopes = {
    bids: byId('depth-bids', SVGPathElement),
    asks: byId('depth-asks', SVGPathElement),
  };
  readonly #grid = byId('depth-grid', SVGPathElement);
  readonly #totals = byId('depth-totals', HTMLElement);
  readonly #prices = ['from', 'middle', 'to'].map((name) => byId(`depth-${name}`, HTMLElement));
  readonly #cursor = byId('depth-cursor', HTMLElement);
  readonly #reading = byId('depth-reading', HTMLElement);
  #shape: DepthShape | undefined;
  #scales: Scales = { price: 0, size: 0 };
  /** Where the pointer is, in shares of the width. */
  #pointer: number | undefined;

  constructor() {
    const plot = byId('depth-plot', HTMLElement);
    plot.addEventListener('pointermove', ({ clientX }) => {
      const { left, width } = plot.getBoundingClientRect();
      this.#pointer = (clientX - left) / width;
      this.#read();
    });
    for (const type of ['pointerleave', 'pointercancel'] as const) {
      plot.addEventListener(type, () => {
        this.#pointer = undefined;
        this.#read();
      });
    }
  }

  render({ bids, asks, depth, stamp }: ShownBook): void {
    this.#scales = { price: stamp?.priceScale ?? 0, size: stamp?.sizeScale ?? 0 };
    this.#shape = depthShape({ bids, asks, depth });
    this.#figure.classList.toggle('has-no-shape', this.#shape === undefined);
    if (this.#shape !== undefined) this.#draw(this.#shape);
    this.#read();
  }

  clear(): void {
    this.#shape = undefined;
    this.#figure.classList.add('has-no-shape');
    this.#read();
  }

  #draw(shape: DepthShape): void {
    const { from, middle, to, max, bids, asks } = shape;
    this.#slopes.bids.setAttribute('d', slope(bids, { shape, edge: -1 }));
    this.#slopes.asks.setAttribute('d', slope(asks, { shape, edge: 101 }));
    const unit = 10 ** -this.#scales.size;
    const ticks = roundTicks(max * unit);
    this.#grid.setAttribute('d', ticks.map((tick) => `M0 ${String(yOf(tick / unit, max))}H100`).join(''));
    this.#showTotals(ticks, max * unit);
    const prices = [from, middle, to].map((price) => this.#priceText(price));
    for (const [index, label] of this.#prices.entries()) setText(label, prices[index] ?? '');
    this.#picture.ariaLabel = `${this.#sideText('bid down', bids.at(-1))}; ${this.#sideText('offered up', asks.at(-1))}`;
  }

  #showTotals(ticks: readonly number[], max: number): void {
    while (this.#totals.childElementCount > ticks.length) this.#totals.lastElementChild?.remove();
    while (this.#totals.childElementCount < ticks.length) this.#totals.append(document.createElement('span'));
    for (const [index, tick] of ticks.entries()) {
      const label = this.#totals.children.item(index);
      if (!(label instanceof HTMLElement)) continue;
      setText(label, TOTAL.format(tick));
      label.style.top = `${String(yOf(tick, max))}%`;
    }
  }

  #read(): void {
    const step = this.#stepAt(this.#pointer);
    this.#cursor.hidden = step === undefined;
    if (this.#pointer !== undefined) this.#cursor.style.left = `${String(this.#pointer * 100)}%`;
    setText(this.#reading, step === undefined ? '' : `${this.#sizeText(step.total)} to ${this.#priceText(step.price)}`);
  }

  /** What stands in the book up to there; undefined between the best prices. */
  #stepAt(share: number | undefined): DepthStep | undefined {
    const shape = this.#shape;
    if (share === undefined || shape === undefined) return undefined;
    const price = shape.from + share * (shape.to - shape.from);
    const isBid = price < shape.middle;
    const side = isBid ? shape.bids : shape.asks;
    return side.findLast((step) => (isBid ? step.price >= price : step.price <= price));
  }

  #sideText(word: string, step: DepthStep | undefined): string {
    return step === undefined ? '' : `${this.#sizeText(step.total)} ${word} to ${this.#priceText(step.price)}`;
  }

  #priceText(price: number): string {
    // The middle can lie between two ticks.
    const isWhole = Number.isInteger(price);
    return groupDigits(formatScaled(isWhole ? price : Math.round(price * 10), this.#scales.price + (isWhole ? 0 : 1)));
  }

  #sizeText(total: number): string {
    return groupDigits(formatScaled(total, this.#scales.size));
  }
}

/** A total holds from its level away from the middle, up to behind the edge of what is shown. */
function slope(
  steps: readonly DepthStep[],
  { shape, edge }: { readonly shape: DepthShape; readonly edge: number },
): string {
  const [first] = steps;
  if (first === undefined) return '';
  const corners = steps.map(({ price, total }) => `H${String(xOf(price, shape))}V${String(yOf(total, shape.max))}`);
  return `M${String(xOf(first.price, shape))} 100${corners.join('')}H${String(edge)}V101`;
}

function xOf(price: number, { from, to }: DepthShape): number {
  return to === from ? 50 : ((price - from) / (to - from)) * 100;
}

function yOf(total: number, max: number): number {
  return max === 0 ? 100 : 100 - (total / (max * HEADROOM)) * 100;
}
