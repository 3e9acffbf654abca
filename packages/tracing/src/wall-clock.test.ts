import { describe, expect, it } from 'vitest';

import { WallClock } from './wall-clock.ts';

const AT = 1_800_000_000_000;

describe('WallClock', () => {
  let steady = 0;
  let wallAhead = AT;
  /** What passes between two readings. */
  let passing = 0;
  const clock = () =>
    new WallClock(
      () => Math.floor(wallAhead + steady),
      () => (steady += passing),
    );

  it('comes near the time, though one clock has no more than milliseconds and the process waits between the readings', () => {
    [steady, wallAhead, passing] = [5.9, AT + 0.25, 30.01];
    const slow = clock();
    slow.look();
    passing = 0.06;
    slow.look();
    const errorNs = Number(slow.nsOf(1000) - BigInt(AT) * 1_000_000n) - 1_000_250_000;
    expect(Math.abs(errorNs)).toBeLessThan(150_000);
  });

  it('follows a clock that is set back, a minute later', () => {
    [steady, wallAhead, passing] = [0, AT, 0.01];
    const set = clock();
    set.look();
    wallAhead = AT - 5000;
    set.look();
    expect(set.nsOf(0)).toBeGreaterThan(BigInt(AT - 10) * 1_000_000n);
    steady = 61_000;
    set.look();
    expect(set.nsOf(0)).toBeLessThan(BigInt(AT - 4990) * 1_000_000n);
  });
});
