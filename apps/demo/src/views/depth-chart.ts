import type { Book } from '@outcry/client';
import uPlot from 'uplot';

import { groupDigits } from '../decimal.ts';
import { type DepthCurve, depthCurve } from '../depth.ts';
import { byId, setText } from './dom.ts';

const EMPTY: DepthCurve = [[], [], []];
const LINE_PX = 1.5;

/** The book as two slopes: what one would have to buy or sell to move the price to there. */
export class DepthChart {
  readonly #frame = byId('depth-chart', HTMLElement);
  readonly #reading = byId('depth-reading', HTMLElement);
  readonly #plot: uPlot;
  #scales = { price: 0, size: 0 };

  constructor() {
    this.#plot = new uPlot(this.#options(), EMPTY, this.#frame);
    new ResizeObserver(() => {
      this.#plot.setSize(this.#size());
    }).observe(this.#frame);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#plot.redraw();
    });
  }

  render({ bids, asks, stamp }: Pick<Book, 'bids' | 'asks' | 'stamp'>): void {
    const { priceScale = 0, sizeScale = 0 } = stamp ?? {};
    this.#scales = { price: priceScale, size: sizeScale };
    this.#plot.setData(depthCurve({ bids, asks, priceScale, sizeScale }));
  }

  clear(): void {
    this.#plot.setData(EMPTY);
  }

  #size(): { width: number; height: number } {
    const { clientWidth: width, clientHeight: height } = this.#frame;
    return { width, height };
  }

  #options(): uPlot.Options {
    const { stepped } = uPlot.paths;
    // A total holds from its level away from the middle: bids to the left of their price, asks to the right of theirs.
    const side = (name: 'bid' | 'ask', align: -1 | 1): uPlot.Series => ({
      stroke: () => colour(`--${name}`),
      fill: () => colour(`--${name}-soft`),
      width: LINE_PX,
      points: { show: false },
      ...(stepped === undefined ? {} : { paths: stepped({ align }) }),
    });
    return {
      ...this.#size(),
      scales: { x: { time: false }, y: { range: (_, __, max) => [0, max * 1.08] } },
      axes: [{ show: false }, { show: false }],
      series: [{}, side('bid', -1), side('ask', 1)],
      legend: { show: false },
      padding: [0, 0, 0, 0],
      cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { size: 7 } },
      hooks: {
        setCursor: [
          (plot) => {
            this.#read(plot);
          },
        ],
      },
    };
  }

  #read({ cursor: { idx }, data: [prices, bids, asks] }: uPlot): void {
    const price = prices[idx ?? -1];
    const total = bids?.[idx ?? -1] ?? asks?.[idx ?? -1] ?? undefined;
    if (price === undefined || total === undefined) {
      setText(this.#reading, '');
      return;
    }
    const [at, sum] = [price.toFixed(this.#scales.price), total.toFixed(this.#scales.size)];
    setText(this.#reading, `${groupDigits(sum)} to ${groupDigits(at)}`);
  }
}

function colour(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property);
}
