import { describe, expect, it } from 'vitest';

import { TrustedProxies } from './trusted-proxies.ts';

const proxies = new TrustedProxies(['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);

describe('TrustedProxies', () => {
  it.each([
    ['a stranger is not believed', '198.51.100.1', undefined, '203.0.113.9', '198.51.100.1'],
    ['a stranger is not believed over the PROXY protocol', '198.51.100.1', '203.0.113.9', '', '198.51.100.1'],
    ['a proxy is believed', '10.1.2.3', undefined, '203.0.113.9', '203.0.113.9'],
    ['a proxy is believed over the PROXY protocol', '10.1.2.3', '203.0.113.9', '', '203.0.113.9'],
    ['a proxy that says nothing is the client', '10.1.2.3', undefined, '', '10.1.2.3'],
    ['what the client wrote in front is not looked at', '10.1.2.3', undefined, '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['proxies behind each other are passed', '192.0.2.7', '10.9.9.9', '203.0.113.9, 10.0.0.1', '203.0.113.9'],
    ['of proxies alone the farthest is the client', '10.1.2.3', undefined, '10.0.0.2', '10.0.0.2'],
    ['an entry that is no address ends the search', '10.1.2.3', undefined, '203.0.113.9, unknown', '10.1.2.3'],
    ['an address with its port', '10.1.2.3', undefined, '203.0.113.9:51234', '203.0.113.9'],
    ['an address in quotes', '10.1.2.3', undefined, '"203.0.113.9"', '203.0.113.9'],
    ['IPv6 in brackets', '10.1.2.3', undefined, '[2001:db8::9]', '2001:db8:0:0:0:0:0:9'],
    ['IPv6 with its port', '10.1.2.3', undefined, '"[2001:db8::9]:4711"', '2001:db8:0:0:0:0:0:9'],
    ['proxies with their ports', '10.1.2.3', undefined, '203.0.113.9:1, 10.0.0.1:2', '203.0.113.9'],
    ['IPv6 in any spelling', 'fd00:0:0:0:0:0:0:1', undefined, '2001:DB8::9', '2001:db8:0:0:0:0:0:9'],
    ['an address mapped into IPv6', '10.1.2.3', undefined, '::ffff:203.0.113.9', '203.0.113.9'],
    ['a neighbour of a single trusted address', '192.0.2.8', undefined, '203.0.113.9', '192.0.2.8'],
  ])('%s', (...[, peer, proxied, forwardedFor, client]) => {
    expect(proxies.clientOf({ peer, proxied, forwardedFor })).toBe(client);
  });

  it('trusts nobody where none is named', () => {
    const nobody = new TrustedProxies([]);
    expect(nobody.clientOf({ peer: '127.0.0.1', proxied: undefined, forwardedFor: '203.0.113.9' })).toBe('127.0.0.1');
  });

  it('counts what a trusted proxy says and nobody understands, and nothing else', () => {
    let unreadable = 0;
    const counting = new TrustedProxies(['10.0.0.0/8'], () => (unreadable += 1));
    for (const forwardedFor of ['unknown', '_hidden', '203.0.113.9:99999999', '', '203.0.113.9', 'junk, 203.0.113.9']) {
      counting.clientOf({ peer: '10.1.2.3', proxied: undefined, forwardedFor });
    }
    counting.clientOf({ peer: '198.51.100.1', proxied: undefined, forwardedFor: 'unknown' });
    expect(unreadable).toBe(3);
  });
});
