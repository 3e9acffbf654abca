import type { BookLevel, LevelChange, Side } from '../book.ts';
import { groupDigits, splitZeros } from '../decimal.ts';
import { byId, create, setText } from './dom.ts';

const FLASH_MS = 650;

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
  readonly #side: Side;
  readonly #root: HTMLElement;
  #rows: Row[] = [];

  constructor(side: Side) {
    this.#side = side;
    this.#root = byId(side, HTMLElement);
  }

  /** `fullSize` is the total that fills a bar: the same for both sides, so that they can be compared. */
  render(levels: readonly BookLevel[], totals: readonly string[], fullSize: number): void {
    this.#fitRows(levels.length);
    for (const [index, level] of levels.entries()) {
      const row = this.#rows[index];
      const total = totals[index] ?? '';
      if (row === undefined) continue;
      row.root.dataset['price'] = level.price;
      setText(row.price, groupDigits(level.price));
      const [significant, zeros] = splitZeros(level.size);
      setText(row.size, groupDigits(significant));
      setText(row.zeros, zeros);
      setText(row.total, groupDigits(total));
      row.root.style.setProperty('--fill', (Number(total) / fullSize).toFixed(4));
    }
  }

  flash(changes: readonly LevelChange[]): void {
    const changed = new Map(changes.filter(({ side }) => side === this.#side).map((change) => [change.price, change]));
    for (const { root, flash } of this.#rows) {
      const change = changed.get(root.dataset['price'] ?? '');
      if (change === undefined) continue;
      flash.dataset['direction'] = change.direction;
      for (const running of flash.getAnimations()) running.cancel();
      flash.animate({ opacity: [1, 0] }, { duration: FLASH_MS, easing: 'ease-out' });
    }
  }

  #fitRows(count: number): void {
    while (this.#rows.length > count) this.#rows.pop()?.root.remove();
    while (this.#rows.length < count) this.#rows.push(this.#addRow());
  }

  #addRow(): Row {
    const [price, size, zeros] = [create('span', 'level-price'), create('span'), create('span', 'zeros')];
    const total = create('span', 'level-total');
    const flash = create('span', 'flash');
    const root = create('div', 'level', price, create('span', 'level-size', size, zeros), total, flash);
    root.role = 'row';
    root.dataset['testid'] = 'level';
    for (const cell of [price, size.parentElement, total]) if (cell !== null) cell.role = 'cell';
    flash.ariaHidden = 'true';
    this.#root.append(root);
    return { root, price, size, zeros, total, flash };
  }
}
