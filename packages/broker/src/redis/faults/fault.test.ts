import { describe, expect, it } from 'vitest';
import { describeFault, isLasting, writeRefusalOf } from './fault.ts';

describe('describeFault', () => {
  it.each([
    [new Error('connect ECONNREFUSED 127.0.0.1:6379'), 'ECONNREFUSED 127.0.0.1:6379'],
    [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new Error("ERR unknown command 'X', with args beginning with: 'secret' 'more'"), "ERR unknown command 'X'"],
    [new Error('ERR first line\nsecond line'), 'ERR first line'],
    ['text', 'unknown fault'],
    [
      new Error(
        'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH …',
      ),
      'it wants a password, and the URL has none: expected redis://:password@host or redis://user:password@host',
    ],
    [
      new Error('WRONGPASS invalid username-password pair or user is disabled.'),
      'it does not know this user with this password',
    ],
    [new Error("Stream isn't writeable and enableOfflineQueue options is false"), 'not connected'],
    [
      new Error('Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" …'),
      'connection closed',
    ],
    [
      new Error("READONLY You can't write against a read only replica. script: 0123, on @user_script:7."),
      'it takes no writes: it is a replica, or was a primary',
    ],
  ])('says %s in one line without arguments', (error, line) => {
    expect(describeFault(error)).toBe(line);
  });
});

it.each([
  [new Error('WRONGPASS invalid username-password pair'), true],
  [new Error('NOAUTH Authentication required.'), true],
  [Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), true],
  [Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), { code: 'ECONNREFUSED' }), false],
  [Object.assign(new Error('getaddrinfo ENOTFOUND redis'), { code: 'ENOTFOUND' }), false],
  [new Error('LOADING Redis is loading the dataset in memory'), false],
])('tells what lasts from what may pass: %s', (error, expected) => {
  expect(isLasting(error)).toBe(expected);
});

it.each([
  ["OOM command not allowed when used memory > 'maxmemory'. script: 0123, on @user_script:7.", 'full', false],
  ["READONLY You can't write against a read only replica.", 'readOnly', true],
  [
    'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
    'readOnly',
    false,
  ],
  ['NOREPLICAS Not enough good replicas to write.', 'readOnly', false],
])('tells a write that is refused for all from other faults: %s', (message, state, isReplica) => {
  expect(writeRefusalOf(new Error(message))).toMatchObject({ storage: { state }, isReplica });
});

it.each([
  new Error('LOADING Redis is loading the dataset in memory'),
  new Error('ERR wrong number of arguments'),
  'OOM',
])('takes nothing else for a refusal of all writes: %s', (error) => {
  expect(writeRefusalOf(error)).toBeUndefined();
});
