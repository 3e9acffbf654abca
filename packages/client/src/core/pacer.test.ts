import { describe, expect, it } from 'vitest';

import { Pacer } from './pacer.ts';

/** How many frames go out at once. */
function burst(pacer: Pacer, now: number): number {
  let sent = 0;
  while (sent < 1_000 && pacer.canSend(now)) {
    pacer.take();
    sent += 1;
  }
  return sent;
}

describe('a pacer of 45 frames a second', () => {
  it('lets 90 go at once, then one as soon as it may, and never more than that on average', () => {
    const pacer = new Pacer(45);
    pacer.refill(0);
    expect(burst(pacer, 0)).toBe(90);
    expect(pacer.readyAt).toBe(23);
    expect(burst(pacer, 22)).toBe(0);
    expect(burst(pacer, pacer.readyAt)).toBe(1);
    let sent = 0;
    for (let now = 100; now <= 10_000; now += 10) sent += burst(pacer, now);
    expect(sent).toBeGreaterThanOrEqual(440);
    expect(sent).toBeLessThanOrEqual(450);
  });

  it('gathers no more than a burst, however long nothing is sent', () => {
    const pacer = new Pacer(45);
    pacer.refill(0);
    burst(pacer, 0);
    expect(burst(pacer, 3_600_000)).toBe(90);
  });

  it('begins with a burst on each connection', () => {
    const pacer = new Pacer(45);
    pacer.refill(0);
    burst(pacer, 0);
    pacer.refill(10);
    expect(burst(pacer, 10)).toBe(90);
  });
});

describe('a pacer without a limit', () => {
  it('lets everything go', () => {
    const pacer = new Pacer(0);
    pacer.refill(0);
    expect(burst(pacer, 0)).toBe(1_000);
  });
});
