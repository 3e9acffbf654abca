import { describe, expect, it } from 'vitest';

import { TokenBucket } from './token-bucket.ts';

function takeMany(bucket: TokenBucket, count: number, now: number): Record<string, number> {
  const verdicts: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const verdict = bucket.take(now);
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  }
  return verdicts;
}

describe('TokenBucket', () => {
  it('lets a burst of twice the rate pass, refuses, and gives up after a hundred refusals in a row', () => {
    expect(takeMany(new TokenBucket(50, 0), 202, 0)).toEqual({ pass: 100, refuse: 100, giveUp: 2 });
  });

  it('refills at its rate and forgets refusals with the next frame that passes', () => {
    const bucket = new TokenBucket(50, 0);
    takeMany(bucket, 190, 0);
    expect(takeMany(bucket, 10, 100)).toEqual({ pass: 5, refuse: 5 });
    expect(takeMany(bucket, 99, 100)).toEqual({ refuse: 95, giveUp: 4 });
  });

  it('never holds more than a burst', () => {
    expect(takeMany(new TokenBucket(10, 0), 25, 3_600_000)).toEqual({ pass: 20, refuse: 5 });
  });

  it('lets everything pass at a rate of 0', () => {
    expect(takeMany(new TokenBucket(0, 0), 10_000, 0)).toEqual({ pass: 10_000 });
  });
});
