import { describe, expect, it } from 'vitest';

import { acceptedEncoding } from './content-encoding.ts';

describe('acceptedEncoding', () => {
  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['GZIP;q=0.5', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br; q=0.0, *', 'gzip'],
    ['*', 'br'],
    ['identity', undefined],
    ['br;q=abc', undefined],
    ['', undefined],
  ])('of %j is %s', (header, expected) => {
    expect(acceptedEncoding(header, () => true)).toBe(expected);
  });

  it('is one that there is', () => {
    expect(acceptedEncoding('br, gzip', (encoding) => encoding === 'gzip')).toBe('gzip');
    expect(acceptedEncoding('br, gzip', () => false)).toBeUndefined();
  });
});
