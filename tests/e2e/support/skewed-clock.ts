import type { Page } from 'playwright-core';

/** A page whose computer's clock is off by so much, and can be set while it is open. Durations are not touched, as in a browser. */
export function skewedClock(skewMs: number): string {
  return `{
    let skewMs = ${String(skewMs)};
    const RealDate = Date;
    globalThis.Date = class extends RealDate {
      constructor(...args) {
        if (args.length === 0) super(RealDate.now() + skewMs);
        else super(...args);
      }
      static now() {
        return RealDate.now() + skewMs;
      }
    };
    const timeOrigin = performance.timeOrigin + skewMs;
    Object.defineProperty(performance, 'timeOrigin', { value: timeOrigin });
    globalThis.moveClock = (byMs) => {
      skewMs += byMs;
    };
  }`;
}

/** Sets the clock of a page that was opened with a skewed one. */
export async function moveClock(page: Page, byMs: number): Promise<void> {
  await page.evaluate(`moveClock(${String(byMs)})`);
}
