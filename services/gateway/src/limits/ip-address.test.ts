import { describe, expect, it } from 'vitest';

import { addressOfBytes, canonicalAddress, networkOf } from './ip-address.ts';

describe('canonicalAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    [' 192.0.2.1 ', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8:0:0:0:0:0:1'],
    ['2001:db8:0:0::0:1', '2001:db8:0:0:0:0:0:1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['192.0.2.1:80', undefined],
    ['192.0.2.256', undefined],
    ['010.0.0.1', undefined],
    ['fe80::1%eth0', undefined],
    ['unknown', undefined],
    ['', undefined],
  ])('of "%s" is %s', (text, address) => {
    expect(canonicalAddress(text)).toBe(address);
  });
});

describe('addressOfBytes', () => {
  it.each([
    [[192, 0, 2, 1], '192.0.2.1'],
    [[...Array.from({ length: 10 }, () => 0), 0xff, 0xff, 192, 0, 2, 1], '192.0.2.1'],
    [[0x20, 1, 0xd, 0xb8, ...Array.from({ length: 11 }, () => 0), 1], '2001:db8:0:0:0:0:0:1'],
    [[], undefined],
  ])('of %j is %s', (bytes, address) => {
    expect(addressOfBytes(Uint8Array.from(bytes))).toBe(address);
  });
});

describe('networkOf', () => {
  it('is the address itself for IPv4, and the /64 for IPv6', () => {
    expect(networkOf('192.0.2.1')).toBe('192.0.2.1');
    expect(networkOf('2001:db8:0:7:0:0:0:1')).toBe('2001:db8:0:7::');
  });
});
