import { describe, expect, it } from 'vitest';
import { Rate } from './rate.ts';

describe('Rate', () => {
  it('averages over the last five seconds', () => {
    const rate = new Rate();
    for (let now = 0; now < 20_000; now += 100) rate.record(now);
    expect(rate.perSecond(19_999)).toBe(10);
    expect(rate.perSecond(30_000)).toBe(0);
  });

  it('does not wait five seconds for its first answer', () => {
    const rate = new Rate();
    for (let now = 0; now < 2_000; now += 100) rate.record(now);
    expect(rate.perSecond(2_000)).toBe(10);
  });

  it('starts anew', () => {
    const rate = new Rate();
    rate.record(0);
    rate.reset();
    expect(rate.perSecond(1)).toBe(0);
  });
});
