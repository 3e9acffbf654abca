import type { Instrument } from '@outcry/client';
import { byId, h } from '@outcry/page';

import type { BookChoice } from '../../books/book-watch.ts';
import { groupByKind } from '../../books/source-kinds.ts';
import { Segments } from './segments.ts';

/** The depths that make a ladder; a best price alone and a whole book do not. */
const LADDER_DEPTHS = [10, 25, 50, 100];
const PREFERRED_DEPTH = 10;
const PREFERRED_INTERVAL_MS = 100;

/** Symbol, depth and interval: offers what the gateway has, and keeps a choice where the next symbol has it, too. */
export class LadderChoices {
  readonly #onChoose: (choice: BookChoice) => void;
  readonly #symbol = byId('book-symbol', HTMLSelectElement);
  readonly #depth: Segments;
  readonly #interval: Segments;
  #instruments: readonly Instrument[] = [];
  #offered = '';
  #choice: BookChoice = { symbol: '', depth: PREFERRED_DEPTH, interval: PREFERRED_INTERVAL_MS };

  constructor(onChoose: (choice: BookChoice) => void) {
    this.#onChoose = onChoose;
    this.#symbol.addEventListener('change', () => {
      this.#choose({ ...this.#choice, symbol: this.#symbol.value });
    });
    this.#depth = new Segments({
      id: 'book-depth',
      labelOf: String,
      onChoose: (depth) => {
        this.#choose({ ...this.#choice, depth });
      },
    });
    this.#interval = new Segments({
      id: 'book-interval',
      labelOf: intervalLabel,
      onChoose: (interval) => {
        this.#choose({ ...this.#choice, interval });
      },
    });
  }

  /** Where the prices of the chosen symbol come from; undefined where the publisher does not say. */
  get kind(): Instrument['kind'] {
    return this.#instruments.find(({ symbol }) => symbol === this.#choice.symbol)?.kind;
  }

  /** To be called with what the gateway offers; chooses the first symbol where none has been chosen. */
  offer(instruments: readonly Instrument[]): void {
    this.#instruments = instruments;
    const symbols = instruments.map(({ symbol }) => symbol);
    const offered = JSON.stringify(instruments.map(({ symbol, kind }) => [symbol, kind]));
    // An open list would close.
    if (offered !== this.#offered) this.#symbol.replaceChildren(...createOptions(instruments));
    this.#offered = offered;
    const symbol = symbols.includes(this.#choice.symbol) ? this.#choice.symbol : symbols[0];
    if (symbol !== undefined) this.#choose({ ...this.#choice, symbol });
  }

  #choose(wanted: BookChoice): void {
    const instrument = this.#instruments.find(({ symbol }) => symbol === wanted.symbol);
    if (instrument === undefined) return;
    const depths = instrument.depths.filter((depth) => LADDER_DEPTHS.includes(depth));
    const depth = nearest(depths, wanted.depth);
    const interval = nearest(instrument.intervals, wanted.interval);
    this.#symbol.value = wanted.symbol;
    this.#depth.show(depths, depth);
    this.#interval.show(instrument.intervals, interval);
    this.#choice = { symbol: wanted.symbol, depth, interval };
    this.#onChoose(this.#choice);
  }
}

function nearest(values: readonly number[], wanted: number): number {
  const distance = (value: number): number => Math.abs(value - wanted);
  return values.reduce((best, value) => (distance(value) < distance(best) ? value : best), values[0] ?? wanted);
}

function intervalLabel(interval: number): string {
  if (interval === 0) return 'all';
  return interval < 1_000 ? `${String(interval)} ms` : `${String(interval / 1_000)} s`;
}

function createOptions(instruments: readonly Instrument[]): readonly HTMLElement[] {
  return groupByKind(instruments).flatMap(({ label, instruments: members }) => {
    const options = members.map(({ symbol }) => h('option', {}, symbol));
    if (label === '') return options;
    const group = h('optgroup', {}, ...options);
    group.label = label;
    return [group];
  });
}
