import { describe, expect, it } from 'vitest';
import { OutcryError } from '../outcry-error.ts';
import { parseServerAddress } from './server-address.ts';

function refusalOf(url: string): string {
  try {
    parseServerAddress(url);
  } catch (error) {
    if (error instanceof OutcryError && error.code === 'badConfig') return error.message;
    throw error;
  }
  throw new Error(`${url} was taken`);
}

describe('the address of a Redis', () => {
  it.each([
    ['redis://ann:secret@redis.example:6380', 'redis://redis.example:6380'],
    ['redis://redis.example/', 'redis://redis.example:6379'],
    ['redis://redis.example/0', 'redis://redis.example:6379'],
    ['rediss://redis.example', 'rediss://redis.example:6379'],
    ['redis://[::1]:6379', 'redis://[::1]:6379'],
  ])('of %s is shown as scheme, host and port', (url, shown) => {
    expect(parseServerAddress(url).shown).toBe(shown);
  });

  it('is what to connect to, and as whom', () => {
    expect(parseServerAddress('rediss://ann:p%40ss%25@[fd00::1]:6380')).toMatchObject({
      host: 'fd00::1',
      port: 6380,
      isTls: true,
      credentials: { username: 'ann', password: 'p@ss%' },
    });
    expect(parseServerAddress('redis://:secret@redis.example')).toMatchObject({
      isTls: false,
      credentials: { username: '', password: 'secret' },
    });
    expect(parseServerAddress('redis://redis.example').credentials).toBeUndefined();
  });

  it.each([
    '',
    'secret',
    'http://secret@redis.example',
    'redis://',
    '/run/secret.sock',
    'redis://secret-a:6379,secret-b:6379',
    'redis://secret-a,secret-b',
    'redis+cluster://secret',
    'redis://secret:123456',
  ])('is not found in "%s", which is not repeated', (url) => {
    expect(refusalOf(url)).toBe('not a Redis URL: expected redis://host:port or rediss://host:port');
  });

  it.each(['redis://secret/1', 'redis://secret/9', 'redis://secret:6379/15'])(
    'has no database but 0: %s is refused with what to do instead',
    (url) => {
      expect(refusalOf(url)).toMatch(/^only database 0 [^\n]*a prefix of its own \(OUTCRY_REDIS_PREFIX\)$/);
    },
  );

  it.each([
    ['redis://host/secret', 'a Redis URL has nothing behind its port'],
    ['redis://host/1/secret', 'a Redis URL has nothing behind its port'],
    ['redis://host/-1', 'a Redis URL has nothing behind its port'],
    ['redis://host/00', 'only database 0 of a Redis is used'],
    ['redis://host?db=1&secret', 'a Redis URL has no options'],
    ['redis://host?enableOfflineQueue=secret', 'a Redis URL has no options'],
    ['redis://:pass#secret@host', 'not a Redis URL'],
    ['redis://host#secret', 'a Redis URL has no options'],
    ['redis://host:0', 'a Redis URL has a port from 1 to 65535'],
    ['redis://ann:100%secret@host', 'user and password of a Redis URL are percent-encoded'],
  ])('ignores nothing: %s is refused in one line', (url, begins) => {
    const refusal = refusalOf(url);
    expect(refusal.startsWith(begins), refusal).toBe(true);
    expect(refusal).not.toMatch(/secret|\n/);
  });
});
