import { describe, expect, it } from 'vitest';

import { RedisStatus } from './redis-status.ts';

/** Of 64 partitions, those from one number to another. */
const shard = (first: number, last: number) => ({
  shard: `redis-${String(first)}`,
  partitions: Array.from({ length: last - first + 1 }, (_, i) => first + i),
});
const [FIRST, SECOND, THIRD] = [shard(0, 20), shard(21, 41), shard(42, 63)] as const;

describe('RedisStatus', () => {
  it('is not ready before half of what there is has been found', () => {
    const redis = new RedisStatus({});
    expect(redis.notReady()).toBe('redis unavailable');
    redis.handleStatus('up', FIRST);
    expect(redis.notReady()).toBe('redis unavailable');
    redis.handleStatus('up', SECOND);
    expect([redis.notReady(), redis.isUp]).toEqual([undefined, false]);
    redis.handleStatus('up', THIRD);
    expect([redis.notReady(), redis.isUp]).toEqual([undefined, true]);
  });

  it('goes on without one Redis of three, whichever was heard of last', () => {
    const redis = new RedisStatus({});
    for (const part of [FIRST, SECOND, THIRD]) redis.handleStatus('up', part);
    redis.handleStatus('down', SECOND);
    expect([redis.notReady(), redis.isUp]).toEqual([undefined, false]);
    redis.handleStatus('down', FIRST);
    expect(redis.notReady()).toBe('redis unavailable');
  });

  it('tells whoever has to know of each Redis that goes, once all of its own words are right', () => {
    const told: boolean[] = [];
    const redis: RedisStatus = new RedisStatus({}, () => told.push(redis.isUp));
    for (const part of [FIRST, SECOND, THIRD]) redis.handleStatus('up', part);
    expect(told).toEqual([]);
    redis.handleStatus('down', SECOND);
    redis.handleStatus('up', SECOND);
    redis.handleStatus('down', THIRD);
    expect(told).toEqual([false, false]);
  });
});
