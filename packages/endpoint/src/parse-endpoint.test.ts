import { describe, expect, it } from 'vitest';

import { parseEndpoint } from './parse-endpoint.ts';

describe('parseEndpoint', () => {
  it.each([
    'ws://localhost:1337/ws',
    'wss://example.com/ws',
    'WS://localhost:1337/ws',
    'ws://localhost:1337',
    'wss://example.com/',
    'ws://[::1]:1337/ws?token=a',
    'wss://user:password@example.com/some/path',
  ])('takes a WebSocket URL as it is: %s', (url) => {
    expect(parseEndpoint(url)).toBe(url);
  });

  it.each([
    ['localhost:1337', 'ws://localhost:1337/ws'],
    ['localhost:1337/', 'ws://localhost:1337/ws'],
    ['gw-1', 'ws://gw-1/ws'],
    ['10.0.0.7:8080', 'ws://10.0.0.7:8080/ws'],
    ['[::1]:1337', 'ws://[::1]:1337/ws'],
    ['localhost:1337/outcry/ws', 'ws://localhost:1337/outcry/ws'],
  ])('assumes ws:// and /ws where they are not said: %s', (text, url) => {
    expect(parseEndpoint(text)).toBe(url);
  });

  it.each([
    ['http://localhost:1337/ws', 'Expected a WebSocket URL: ws://localhost:1337/ws'],
    ['https://example.com/ws', 'Expected a WebSocket URL: wss://example.com/ws'],
    ['http://localhost:1337', 'Expected a WebSocket URL: ws://localhost:1337/ws'],
    ['http://', 'Expected a WebSocket URL'],
    ['tcp://localhost:1337', 'ws:// or wss://'],
    ['ws://', 'host:port'],
    ['ws:/localhost:1337', 'host:port'],
    ['ws:localhost', 'host:port'],
    ['localhost:', 'host:port'],
    ['', 'host:port'],
    [' ', 'host:port'],
    ['1337', 'host:port'],
    [':1337', 'host:port'],
    ['::1', 'host:port'],
    ['localhost:99999', 'host:port'],
    ['localhost:port', 'host:port'],
    ['local host:1337', 'host:port'],
    ['ws://local\thost/ws', 'host:port'],
    ['ws://localhost:1337/ws#top', 'without a fragment'],
    ['localhost:1337/orderbookfeed', 'ws://localhost:1337/ws'],
    ['wss://example.com/orderbookfeed?symbol=BTCUSDT', 'wss://example.com/ws'],
  ])('says in one line what was expected: %j', (text, expected) => {
    expect(() => parseEndpoint(text)).toThrow(expected);
    expect(() => parseEndpoint(text)).toThrow(/^Expected [^\n]+$/);
  });
});
