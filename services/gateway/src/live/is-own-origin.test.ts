import { expect, it } from 'vitest';

import { isOwnOrigin } from './is-own-origin.ts';

it.each([
  ['http://127.0.0.1:8081', '127.0.0.1:8081'],
  ['http://gw-1', 'gw-1'],
  ['http://gw-1', 'gw-1:80'],
  ['https://console.example.com', 'console.example.com'],
  ['https://console.example.com', 'console.example.com:443'],
  ['https://Console.example.com', 'console.EXAMPLE.com'],
  ['http://[::1]:8081', '[::1]:8081'],
  [undefined, 'gw-1'],
])('%s is the own of %s', (origin, host) => {
  expect(isOwnOrigin(origin, host)).toBe(true);
});

it.each([
  ['http://evil.example', '127.0.0.1:8081'],
  ['http://127.0.0.1:8082', '127.0.0.1:8081'],
  ['http://127.0.0.1', '127.0.0.1:8081'],
  ['http://gw-1.evil.example', 'gw-1'],
  ['https://gw-1', 'gw-1:80'],
  ['null', 'gw-1'],
  ['', 'gw-1'],
  ['file://', ''],
  ['http://gw-1', undefined],
  ['http://gw-1', 'gw-1 evil'],
  ['http://a@gw-1', 'b@'],
])('%s is not the own of %s', (origin, host) => {
  expect(isOwnOrigin(origin, host)).toBe(false);
});
