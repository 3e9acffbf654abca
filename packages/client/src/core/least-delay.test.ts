import { expect, it } from 'vitest';

import { LeastDelay } from './least-delay.ts';

const HOUR_MS = 3_600_000;

it('tells how much longer something took than the quickest, whatever the two clocks show', () => {
  const delay = new LeastDelay();
  expect(delay.ms).toBeUndefined();
  expect(delay.see(-HOUR_MS, 20)).toBe(0);
  expect(delay.see(-HOUR_MS, 60)).toBeCloseTo(40, 1);
  expect(delay.see(-HOUR_MS + 100, 110)).toBe(0);
  expect(delay.ms).toBe(HOUR_MS + 10);
  delay.forget();
  expect(delay.see(0, 500)).toBe(0);
});

it('does not take two clocks that come apart for a way that gets longer', () => {
  const delay = new LeastDelay();
  let worst = 0;
  for (let now = 0; now < 72 * HOUR_MS; now += 1_000) worst = Math.max(worst, delay.see(now * (1 - 5e-5), now));
  expect(worst).toBeLessThan(1);
});

it('takes a way that gets longer for one', () => {
  const delay = new LeastDelay();
  delay.see(0, 0);
  let last = 0;
  for (let now = 100; now <= 60_000; now += 100) last = delay.see(now * 0.9, now);
  expect(last).toBeGreaterThan(5_900);
});
