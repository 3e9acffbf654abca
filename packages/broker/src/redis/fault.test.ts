import { describe, expect, it } from 'vitest';
import { redisAddress } from './address.ts';
import { describeFault } from './fault.ts';

describe('describeFault', () => {
  it.each([
    [new Error('connect ECONNREFUSED 127.0.0.1:6379'), 'ECONNREFUSED 127.0.0.1:6379'],
    [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new Error("ERR unknown command 'X', with args beginning with: 'secret' 'more'"), "ERR unknown command 'X'"],
    [new Error('ERR first line\nsecond line'), 'ERR first line'],
    ['text', 'unknown fault'],
  ])('says %s in one line without arguments', (error, line) => {
    expect(describeFault(error)).toBe(line);
  });
});

describe('redisAddress', () => {
  it.each([
    ['redis://ann:secret@redis.example:6380/2?family=6', 'redis://redis.example:6380'],
    ['rediss://redis.example', 'rediss://redis.example:6379'],
    ['redis://[::1]:6379', 'redis://[::1]:6379'],
  ])('shows nothing but scheme, host and port', (url, address) => {
    expect(redisAddress(url)).toBe(address);
  });

  it.each(['', 'secret', 'http://secret@redis.example', 'redis://', '/run/secret.sock'])(
    'refuses "%s" without repeating it',
    (url) => {
      expect(() => redisAddress(url)).toThrow('not a Redis URL: expected redis://host:port or rediss://host:port');
    },
  );
});
