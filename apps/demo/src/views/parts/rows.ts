export interface RowsOf<T> {
  /** Two items with one key have one row. */
  readonly keyOf: (item: T) => string;
  readonly create: (item: T) => HTMLElement;
  /** Shows what may change of an item. Called for new rows, too. */
  readonly update: (row: HTMLElement, item: T) => void;
}

/** The row of each item that a list shows. */
const SHOWN = new WeakMap<HTMLElement, Map<string, HTMLElement>>();

/**
 * Makes a list show these items, in this order. The row of an item that stays is the element that it was: whoever presses a button
 * while others come and go has pressed it, and keeps the focus.
 */
export function showRows<T>(list: HTMLElement, items: readonly T[], { keyOf, create, update }: RowsOf<T>): void {
  const before = SHOWN.get(list) ?? new Map<string, HTMLElement>();
  const rows = new Map<string, HTMLElement>();
  for (const item of items) {
    const key = keyOf(item);
    const row = before.get(key) ?? create(item);
    update(row, item);
    rows.set(key, row);
  }
  for (const [key, row] of before) if (!rows.has(key)) row.remove();
  let next = list.firstElementChild;
  for (const row of rows.values()) {
    if (row === next) next = next.nextElementSibling;
    else list.insertBefore(row, next);
  }
  SHOWN.set(list, rows);
}
