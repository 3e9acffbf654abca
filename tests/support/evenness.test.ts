import { describe, expect, it } from 'vitest';

import { spansOf, StallWatch, unevenness } from './evenness.ts';

const OPTIONS = { windowMs: 100, skipped: 0, stalls: [] };

/** An event each so many milliseconds, beginning at 1000. */
function evenly(everyMs: number, forMs: number): number[] {
  return Array.from({ length: Math.floor(forMs / everyMs) + 1 }, (_, i) => 1000 + i * everyMs);
}

describe('evenness', () => {
  it('is that of the counts of windows', () => {
    const spans = spansOf([...evenly(10, 500), 1210, 1220], OPTIONS);
    expect(spans).toEqual([10, 10, 12, 10, 10].map((count) => ({ count, windows: 1 })));
    expect(unevenness(spans)).toBeCloseTo(12 / 10.4 - 1);
    expect(spansOf(evenly(10, 500), { ...OPTIONS, skipped: 3 })).toHaveLength(2);
  });

  it('does not count a stall of whoever counts against what came', () => {
    // What was due between 1370 and 1405 comes at its end.
    const late = evenly(10, 1000).map((at) => (at >= 1370 && at < 1405 ? 1405 : at));
    expect(unevenness(spansOf(late, OPTIONS))).toBeGreaterThan(0.2);
    const spans = spansOf(late, { ...OPTIONS, stalls: [{ from: 1370, to: 1404 }] });
    expect(spans.map(({ windows }) => windows)).toEqual([1, 1, 1, 2, 1, 1, 1, 1, 1]);
    expect(unevenness(spans)).toBe(0);
  });

  it('counts what is too much in a stall all the same', () => {
    const more = [...evenly(10, 1000), ...evenly(10, 50).map((at) => at + 370)];
    expect(unevenness(spansOf(more, { ...OPTIONS, stalls: [{ from: 1370, to: 1405 }] }))).toBeGreaterThan(0.2);
  });
});

it('notices when this process stands still', async () => {
  using watch = new StallWatch();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const from = performance.now();
  while (performance.now() - from < 60);
  await expect.poll(() => watch.stalls.some((stall) => stall.to - stall.from >= 60)).toBe(true);
});
