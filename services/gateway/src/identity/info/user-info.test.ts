import { decodePayload, MAX_INFO_BYTES } from '@outcry/protocol';
import { describe, expect, it } from 'vitest';

import { encodeInfo, infoOfClaims } from './user-info.ts';

/** `name`, and the bytes around it: one for the map, five for the key, three for the length of a long text. */
const FRAME_BYTES = 9;

describe('info', () => {
  it('holds as many bytes as it may, and not one more', () => {
    const longest = 'x'.repeat(MAX_INFO_BYTES - FRAME_BYTES);
    expect(encodeInfo({ name: longest })).toHaveLength(MAX_INFO_BYTES);
    expect(() => encodeInfo({ name: `${longest}x` })).toThrow('expected at most 1024 bytes as msgpack, got 1025');
  });

  it.each([
    ['halves of pairs', { name: '\ud800' }],
    ['a way to the prototype', JSON.parse('{"__proto__":{"isAdmin":true}}') as object],
  ])('refuses %s', (_, info) => {
    expect(() => encodeInfo({ ...info, safe: 1, nested: info })).toThrow('expected');
  });

  it('is of the claims that there are, the first before the others where there is not room for all', () => {
    const picture = `https://img.example/${'x'.repeat(1100)}`;
    const { info, leftOut } = infoOfClaims([
      ['name', 'Ann'],
      ['picture', picture],
      ['nickname', undefined],
      ['locale', null],
      ['address', { country: 'SE' }],
    ]);
    expect(info && decodePayload(info)).toEqual({ name: 'Ann', address: { country: 'SE' } });
    expect(leftOut).toBe(1);
  });

  it('is nothing where there is no claim to take', () => {
    expect(infoOfClaims([])).toEqual({ info: undefined, leftOut: 0 });
    expect(infoOfClaims([['name', '\udfff']])).toEqual({ info: undefined, leftOut: 1 });
  });
});
