import { expect, it } from 'vitest';

import { parseJson } from './read-json.ts';

it('takes JSON in UTF-8 as it is', () => {
  expect(parseJson(Buffer.from('{"data":"\u00e9\ufffd\u{1f600}"}'))).toEqual({ data: '\u00e9\ufffd\u{1f600}' });
});

it.each([
  ['bytes that are none', Buffer.from('7b2264617461223a22ffc3227d', 'hex'), 'the body is not UTF-8'],
  ['half of a character', Buffer.from('22f09f98', 'hex'), 'the body is not UTF-8'],
  ['a mark in front', Buffer.from('efbbbf7b7d', 'hex'), 'the body is not JSON'],
  ['nothing', Buffer.alloc(0), 'the body is not JSON'],
])('takes no %s, and puts nothing in its place', (_, body, message) => {
  expect(() => parseJson(body)).toThrow(message);
});
