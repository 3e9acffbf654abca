import type { LookupAddress } from 'node:dns';

import { describe, expect, it } from 'vitest';

import { isHookUrl, privateLookup } from './hook-url.ts';

describe('isHookUrl', () => {
  it.each(['https://hooks.example.com', 'https://10.0.0.1:8443/connect?a=1'])('takes %s', (url) => {
    expect(isHookUrl(url, { mayBePlain: false })).toBe(true);
  });

  it.each(['http://127.0.0.1:3000/hooks', 'http://[::1]/', 'http://backend:3000', 'http://192.168.1.2'])(
    'takes %s where that is set, and not otherwise',
    (url) => {
      expect(isHookUrl(url, { mayBePlain: true })).toBe(true);
      expect(isHookUrl(url, { mayBePlain: false })).toBe(false);
    },
  );

  it.each([
    'http://hooks.example.com',
    'http://203.0.113.1',
    'https://user:password@hooks.example.com',
    'https://hooks.example.com/#a',
    'ftp://127.0.0.1',
    'no URL',
  ])('never takes %s', (url) => {
    expect(isHookUrl(url, { mayBePlain: true })).toBe(false);
  });
});

describe('privateLookup', () => {
  function addressesOf(host: string, all: boolean): Promise<string | readonly LookupAddress[]> {
    return new Promise((resolve, reject) => {
      privateLookup(host, { all }, (err, addresses) => {
        if (err === null) resolve(addresses);
        else reject(err);
      });
    });
  }

  it('finds private addresses, one or all', async () => {
    expect(await addressesOf('127.0.0.1', true)).toEqual([{ address: '127.0.0.1', family: 4 }]);
    expect(await addressesOf('127.0.0.1', false)).toBe('127.0.0.1');
  });

  it('finds no others, whatever the name', async () => {
    await expect(addressesOf('203.0.113.1', true)).rejects.toThrow('203.0.113.1 has no private address');
  });
});
