/** This near to the end, a reader counts as being at the end. */
const NEAR_END_PX = 48;
/** This near to an edge of what is held, more is fetched. */
const NEAR_EDGE_PX = 600;
const ANCHORS = 3;

export interface LogScrollerOptions {
  readonly scroller: HTMLElement;
  /** Chunks of lines. */
  readonly list: HTMLElement;
  /** The reader has come to an edge, or gone from one. */
  readonly onMove: () => void;
}

interface Anchor {
  readonly line: Element;
  /** Below the upper edge of what is in sight. */
  readonly topPx: number;
}

/**
 * Keeps what is read where it is: the end in sight for those who read there, and for others the line at the top of what they
 * see, whatever comes or goes above it. Lines out of sight are not laid out, so their heights are guesses until they come near.
 */
export class LogScroller {
  readonly #options: LogScrollerOptions;
  #isAtEnd = true;
  #isNearBegin = false;
  #isNearEnd = true;
  #anchors: readonly Anchor[] = [];
  #scrollTop = 0;

  constructor(options: LogScrollerOptions) {
    const { scroller, list } = options;
    this.#options = options;
    scroller.addEventListener('scroll', () => {
      const before = [this.#isAtEnd, this.#isNearBegin, this.#isNearEnd].join();
      this.#look();
      if (before !== [this.#isAtEnd, this.#isNearBegin, this.#isNearEnd].join()) options.onMove();
    });
    // A keyboard that slides in, a window that gets narrower, a line that was taller than guessed.
    const observer = new ResizeObserver(() => {
      this.#settle();
    });
    observer.observe(scroller);
    observer.observe(list);
  }

  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  get isNearBegin(): boolean {
    return this.#isNearBegin;
  }

  get isNearEnd(): boolean {
    return this.#isNearEnd;
  }

  /** Stays at the end from the next drawing on. */
  goToEnd(): void {
    this.#isAtEnd = true;
  }

  /** Changes the lines and puts back in its place what is read: the only layout in a frame is the one that this asks for. */
  draw(change: () => void): void {
    change();
    this.#settle();
  }

  #settle(): void {
    const { scroller } = this.#options;
    if (this.#isAtEnd) {
      scroller.scrollTop = scroller.scrollHeight;
    } else {
      const anchor = this.#anchors.find(({ line }) => line.isConnected);
      const movedPx = anchor === undefined ? 0 : topOf(anchor.line) - topOf(scroller) - anchor.topPx;
      if (Math.abs(movedPx) >= 1) scroller.scrollTop += movedPx;
    }
    this.#look();
  }

  /** Reads where the reader is. Nothing has changed since the last layout, so this costs none. */
  #look(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#options.scroller;
    const leftPx = scrollHeight - scrollTop - clientHeight;
    const hasGoneUp = scrollTop < this.#scrollTop - 1;
    this.#scrollTop = scrollTop;
    // What grows below takes nobody away from the end; going up does.
    if (leftPx < NEAR_END_PX) this.#isAtEnd = true;
    else if (hasGoneUp) this.#isAtEnd = false;
    this.#isNearBegin = scrollTop < NEAR_EDGE_PX;
    this.#isNearEnd = leftPx < NEAR_EDGE_PX;
    this.#anchors = this.#isAtEnd ? [] : this.#findAnchors();
  }

  /**
   * The first lines that begin in sight: the first of all is made anew where what comes above it joins its heading. A day's line
   * is no anchor, for it goes up with the first message of that day. Lines of chunks out of sight are not asked: that would lay
   * them out.
   */
  #findAnchors(): readonly Anchor[] {
    const { scroller, list } = this.#options;
    const edge = topOf(scroller);
    const chunk = first(list.children, (one) => one.getBoundingClientRect().bottom > edge);
    const anchors: Anchor[] = [];
    let line = chunk === null ? null : first(chunk.children, (one) => topOf(one) >= edge);
    for (; line !== null && anchors.length < ANCHORS; line = line.nextElementSibling) {
      if (!line.classList.contains('divider-day')) anchors.push({ line, topPx: topOf(line) - edge });
    }
    return anchors;
  }
}

/** The first that the condition holds for, or else the last; it holds for all that follow such a one. */
function first(elements: HTMLCollection, holds: (element: Element) => boolean): Element | null {
  let [low, high] = [0, elements.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const element = elements.item(middle);
    if (element !== null && !holds(element)) low = middle + 1;
    else high = middle;
  }
  return elements.item(low);
}

function topOf(element: Element): number {
  return element.getBoundingClientRect().top;
}
