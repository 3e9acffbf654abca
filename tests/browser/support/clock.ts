/** What a page is given before its own code runs: the clock of a machine that is wrong by this much, and can be moved. */
export interface PageClock {
  readonly trueNow: () => number;
  readonly moveClock: (byMs: number) => void;
}

/**
 * Runs in the page. The clock is moved by taking the place of `Date` and of `performance.timeOrigin`, which a browser reads
 * from the machine's clock when it makes a page. Chromium's own virtual time would hold up the network as well.
 */
export function installClock(aheadMs: number): void {
  const TrueDate = Date;
  let byMs = aheadMs;
  class PageDate extends TrueDate {
    constructor(...given: readonly [] | readonly [value: number | string | Date]) {
      if (given.length === 0) super(TrueDate.now() + byMs);
      else super(given[0]);
    }

    static override now(): number {
      return TrueDate.now() + byMs;
    }
  }
  const timeOrigin = performance.timeOrigin + aheadMs;
  Object.defineProperty(performance, 'timeOrigin', { get: () => timeOrigin });
  const clock: PageClock = {
    trueNow: () => TrueDate.now(),
    moveClock: (moreMs) => {
      byMs += moreMs;
    },
  };
  Object.assign(globalThis, clock, { Date: PageDate });
}
