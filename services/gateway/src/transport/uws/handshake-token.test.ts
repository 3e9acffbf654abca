import { describe, expect, it } from 'vitest';

import { TokenSource } from '../transport.ts';
import { findToken } from './handshake-token.ts';

const EVERYWHERE = {
  subprotocols: ['outcry.v1.json', 'bearer.one'],
  query: new URLSearchParams('token=two'),
  cookies: 'a=b; session=three',
};
const NOWHERE = { subprotocols: ['outcry.v1.json'], query: new URLSearchParams(), cookies: '' };
const ALL_DOORS = { cookie: 'session', hasQuery: true };
const NO_DOORS = { cookie: undefined, hasQuery: false };

describe('the token of a handshake', () => {
  it('is that of the subprotocol, then of the query, then of the cookie', () => {
    expect(findToken(EVERYWHERE, ALL_DOORS)).toEqual({ text: 'one', source: TokenSource.Subprotocol });
    expect(findToken({ ...EVERYWHERE, subprotocols: [] }, ALL_DOORS)).toEqual({
      text: 'two',
      source: TokenSource.Query,
    });
    expect(findToken({ ...NOWHERE, cookies: EVERYWHERE.cookies }, ALL_DOORS)).toEqual({
      text: 'three',
      source: TokenSource.Cookie,
    });
  });

  it('is not looked for where no such door is open', () => {
    expect(findToken({ ...EVERYWHERE, subprotocols: [] }, NO_DOORS)).toBeUndefined();
    expect(findToken(NOWHERE, ALL_DOORS)).toBeUndefined();
  });

  it.each([
    ['session=', undefined],
    ['xsession=1', undefined],
    ['session', undefined],
    ['Session=1', undefined],
    [' session=1 ;b=2', '1'],
    ['session=1; session=2', '1'],
    ['session=a=b', 'a=b'],
  ])('reads from the cookies %j %j', (cookies, expected) => {
    expect(findToken({ ...NOWHERE, cookies }, ALL_DOORS)?.text).toBe(expected);
  });
});
