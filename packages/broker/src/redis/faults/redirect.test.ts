import { expect, it } from 'vitest';
import { readRedirect } from './redirect.ts';

it.each([
  ['MOVED 3999 127.0.0.1:6381', { kind: 'moved' }],
  ['ASK 3999 127.0.0.1:6381', { kind: 'ask', host: '127.0.0.1', port: 6381 }],
  ['ASK 3999 ::1:6381', { kind: 'ask', host: '::1', port: 6381 }],
  ['ASK 3999 redis.example:6381', { kind: 'ask', host: 'redis.example', port: 6381 }],
  ['ASK 3999 :6381', { kind: 'ask', host: '', port: 6381 }],
  ['TRYAGAIN Multiple keys request during rehashing of slot', { kind: 'tryAgain' }],
  ['CLUSTERDOWN The cluster is down', undefined],
  ['ERR MOVED', undefined],
])('%s', (message, redirect) => {
  expect(readRedirect(new Error(message))).toEqual(redirect);
});

it('is no redirect where it is no error of Redis', () => {
  expect(readRedirect('MOVED 1 a:1')).toBeUndefined();
});
