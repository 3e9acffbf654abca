import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { ApiKeys } from './api-keys.ts';

describe('ApiKeys', () => {
  const keys = new ApiKeys(['first-key-of-an-engine', 'second-key-of-an-engine']);

  it.each(['Bearer first-key-of-an-engine', 'Bearer second-key-of-an-engine', 'bearer first-key-of-an-engine'])(
    'admits %s',
    (authorization) => {
      expect(keys.judge(authorization)).toBe('admitted');
    },
  );

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer first-key',
    'Basic first-key-of-an-engine',
    'first-key-of-an-engine',
  ])('does not admit %s', (authorization) => {
    expect(keys.judge(authorization)).toBe('unauthorized');
  });

  it('says which key it was', () => {
    expect(keys.find('second-key-of-an-engine')).toBe(1);
    expect(keys.find('third-key-of-an-engine')).toBe('unauthorized');
    expect(keys.find(undefined)).toBe('unauthorized');
  });

  it('admits nobody where there are no keys', () => {
    expect(new ApiKeys([]).judge('Bearer ')).toBe('unauthorized');
    expect(new ApiKeys(['']).judge('Bearer ')).toBe('unauthorized');
  });

  it('counts wrong keys, ten a second and twenty at once, and holds nobody up who has one', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const guarded = new ApiKeys(['the-key-of-an-engine']);
    const guess = (count: number): number =>
      Array.from({ length: count }, () => guarded.judge('Bearer x')).filter((verdict) => verdict === 'unauthorized')
        .length;
    expect(guess(100)).toBe(20);
    expect(guarded.judge('Bearer the-key-of-an-engine')).toBe('admitted');
    vi.advanceTimersByTime(1000);
    expect(guess(100)).toBe(10);
    vi.advanceTimersByTime(3_600_000);
    expect(guess(100)).toBe(20);
  });
});
