import { describe, expect, it } from 'vitest';

import { TokenBucket } from './token-bucket.ts';

function createBucket(perSecond: number): TokenBucket {
  return new TokenBucket({ perSecond, burst: perSecond * 2 }, 0);
}

function takeMany(bucket: TokenBucket, count: number, now: number): Record<string, number> {
  const verdicts: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const verdict = bucket.take(now);
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  }
  return verdicts;
}

describe('TokenBucket', () => {
  it('lets a burst pass, refuses, and gives up after a hundred refusals', () => {
    expect(takeMany(createBucket(50), 202, 0)).toEqual({ pass: 100, refuse: 100, giveUp: 2 });
  });

  it('refills at its rate, and forgives one refusal a second', () => {
    const bucket = createBucket(50);
    takeMany(bucket, 190, 0);
    expect(takeMany(bucket, 10, 100)).toEqual({ pass: 5, refuse: 5 });
    expect(takeMany(bucket, 99, 5100)).toEqual({ pass: 99 });
    expect(takeMany(bucket, 20, 5100)).toEqual({ pass: 1, refuse: 10, giveUp: 9 });
  });

  it.each([
    { floods: 'a little above its rate', perSecond: 53, isGivenUp: true },
    { floods: 'no more than is forgiven above it', perSecond: 51, isGivenUp: false },
  ])('of a sender that stays $floods: given up $isGivenUp', ({ perSecond, isGivenUp }) => {
    const bucket = createBucket(50);
    const verdicts = new Set<string>();
    for (let second = 1; second <= 300; second += 1) {
      for (const verdict of Object.keys(takeMany(bucket, perSecond, second * 1000))) verdicts.add(verdict);
    }
    expect(verdicts.has('refuse')).toBe(true);
    expect(verdicts.has('giveUp')).toBe(isGivenUp);
  });

  it('is full when all is refilled and all is forgiven', () => {
    const bucket = createBucket(50);
    takeMany(bucket, 103, 0);
    expect([0, 2000, 2999, 3000].map((now) => bucket.isFull(now))).toEqual([false, false, false, true]);
  });

  it('never holds more than a burst', () => {
    expect(takeMany(createBucket(10), 25, 3_600_000)).toEqual({ pass: 20, refuse: 5 });
  });

  it('is owed what is spent after a quiet spell, however long that was', () => {
    const bucket = createBucket(10);
    bucket.spend(3_600_000, 25);
    expect([3_600_000, 3_600_500, 3_600_600].map((now) => bucket.take(now))).toEqual(['refuse', 'refuse', 'pass']);
  });

  it('lets everything pass at a rate of 0', () => {
    expect(takeMany(createBucket(0), 10_000, 0)).toEqual({ pass: 10_000 });
  });
});
