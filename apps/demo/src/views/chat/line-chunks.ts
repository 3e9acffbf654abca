import { h } from '@outcry/page';

/**
 * Lines to a chunk. Browsers look in each frame which of the elements that need not be laid out have come near: for a thousand of
 * them that cost as much as it saved.
 */
const CHUNK_LINES = 40;

/** The lines of a log, in chunks that are laid out only where they are near to what is in sight. */
export class LineChunks {
  readonly #root: HTMLElement;

  constructor(root: HTMLElement) {
    this.#root = root;
    root.replaceChildren();
  }

  /** Puts the lines in this order, and touches only those that are not in their place. All others have been removed. */
  place(lines: Iterable<HTMLElement>): void {
    let before: Element | undefined;
    for (const line of lines) {
      const next = before === undefined ? this.#root.firstElementChild?.firstElementChild : lineAfter(before);
      if (line !== next) this.#insert(line, before);
      before = line;
    }
    for (const chunk of [...this.#root.children]) if (chunk.childElementCount === 0) chunk.remove();
  }

  #insert(line: HTMLElement, before: Element | undefined): void {
    line.remove();
    const chunk = before?.parentElement;
    const isInside = before?.nextElementSibling !== null && before !== undefined;
    if (chunk !== null && chunk !== undefined && (isInside || chunk.childElementCount < CHUNK_LINES)) {
      before?.after(line);
      return;
    }
    const added = h('ol', { class: 'chunk' }, line);
    if (chunk === null || chunk === undefined) this.#root.prepend(added);
    else chunk.after(added);
  }
}

/** Empty chunks hold no line; they are on their way out. */
function lineAfter(line: Element): Element | null | undefined {
  if (line.nextElementSibling !== null) return line.nextElementSibling;
  let chunk = line.parentElement?.nextElementSibling;
  while (chunk?.childElementCount === 0) chunk = chunk.nextElementSibling;
  return chunk?.firstElementChild;
}
