import { byId, h, setText } from '@outcry/page';

import { groupDigits, splitZeros } from '../../text/decimal.ts';

const FLASH_MS = 650;

/** Decimals as they are shown. */
export interface LadderLevel {
  readonly price: string;
  readonly size: string;
  readonly total: string;
  /** How much of the row its bar fills, from 0 to 1. */
  readonly fill: number;
}

interface Row {
  readonly root: HTMLElement;
  readonly price: HTMLElement;
  readonly size: HTMLElement;
  readonly zeros: HTMLElement;
  readonly total: HTMLElement;
  readonly flash: HTMLElement;
}

/** One side of the ladder, best level first; the style sheet turns the asks upside down. */
export class LadderSide {
  readonly #root: HTMLElement;
  #rows: Row[] = [];
  #sizes = new Map<string, number>();

  constructor(side: 'bids' | 'asks') {
    this.#root = byId(side, HTMLElement);
  }

  /** Levels whose size has changed light up, unless all of it is new. */
  render(levels: readonly LadderLevel[], isNew: boolean): void {
    this.#fitRows(levels.length);
    const sizes = new Map<string, number>();
    for (const [index, level] of levels.entries()) {
      const row = this.#rows[index];
      if (row === undefined) continue;
      fill(row, level);
      const size = Number(level.size);
      const before = this.#sizes.get(level.price) ?? 0;
      if (!isNew && size !== before) light(row, size > before ? 'up' : 'down');
      sizes.set(level.price, size);
    }
    this.#sizes = sizes;
  }

  #fitRows(count: number): void {
    while (this.#rows.length > count) this.#rows.pop()?.root.remove();
    while (this.#rows.length < count) this.#rows.push(this.#addRow());
  }

  #addRow(): Row {
    const [price, size, zeros] = [h('span', { class: 'level-price' }), h('span'), h('span', { class: 'zeros' })];
    const total = h('span', { class: 'level-total' });
    const flash = h('span', { class: 'flash' });
    const root = h('div', { class: 'level' }, price, h('span', { class: 'level-size' }, size, zeros), total, flash);
    root.role = 'row';
    root.dataset['testid'] = 'level';
    for (const cell of [price, size.parentElement, total]) if (cell !== null) cell.role = 'cell';
    flash.ariaHidden = 'true';
    this.#root.append(root);
    return { root, price, size, zeros, total, flash };
  }
}

function fill(row: Row, { price, size, total, fill: share }: LadderLevel): void {
  setText(row.price, groupDigits(price));
  const [significant, zeros] = splitZeros(size);
  setText(row.size, groupDigits(significant));
  setText(row.zeros, zeros);
  setText(row.total, groupDigits(total));
  row.root.style.setProperty('--fill', share.toFixed(4));
}

function light({ flash }: Row, direction: 'up' | 'down'): void {
  flash.dataset['direction'] = direction;
  for (const running of flash.getAnimations()) running.cancel();
  flash.animate({ opacity: [1, 0] }, { duration: FLASH_MS, easing: 'ease-out' });
}
