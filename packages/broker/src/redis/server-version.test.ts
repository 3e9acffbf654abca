import { expect, it } from 'vitest';
import { assertServerVersion } from './server-version.ts';

const ADDRESS = 'redis://redis.example:6379';

it.each(['7.0.15', '8.2.1', '10.0.0'])('takes Redis %s', (version) => {
  expect(() => {
    assertServerVersion(`# Server\r\nredis_version:${version}\r\nos:Linux\r\n`, ADDRESS);
  }).not.toThrow();
});

it.each([
  ['# Server\r\nredis_version:6.2.14\r\n', 'Redis at redis://redis.example:6379 is 6.2.14: outcry needs 7 or newer'],
  ['', 'Redis at redis://redis.example:6379 is of unknown version: outcry needs 7 or newer'],
])('refuses what is older or does not say', (info, message) => {
  expect(() => {
    assertServerVersion(info, ADDRESS);
  }).toThrow(message);
});
