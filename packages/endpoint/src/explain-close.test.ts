import { describe, expect, it } from 'vitest';

import { explainClose, explainSilence } from './explain-close.ts';

const URL_A = 'ws://a:1337/ws';
const OPTIONS = { token: '--token', insecure: '--insecure' };
const REFUSED = { code: 1006, reason: '', wasOpen: false };

describe('explainClose', () => {
  it.each([
    [{ ...REFUSED, failure: 'ECONNREFUSED' }, 'Nobody listens there'],
    [{ ...REFUSED, failure: 'ENOTFOUND' }, 'no such host'],
    [{ ...REFUSED, failure: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, '--insecure'],
    [{ ...REFUSED, httpStatus: 404 }, 'at /ws'],
    [{ ...REFUSED, httpStatus: 503 }, 'not ready'],
    [{ ...REFUSED, httpStatus: 418 }, 'HTTP 418'],
    [{ code: 4001, reason: 'unauthenticated', wasOpen: true }, 'token was refused'],
    [{ code: 4100, reason: 'at-capacity', wasOpen: true }, 'OUTCRY_MAX_CONNECTIONS'],
  ])('tells of %j what it most likely means', (close, expected) => {
    const said = explainClose(URL_A, close, OPTIONS);
    expect(said).toContain(URL_A);
    expect(said).toContain(expected);
  });

  it('does not speak of an option that the program does not have', () => {
    const close = { ...REFUSED, failure: 'DEPTH_ZERO_SELF_SIGNED_CERT' };
    expect(explainClose(URL_A, close, { token: '--token' })).not.toContain('--insecure');
  });

  it('tells of silence how long it was', () => {
    expect(explainSilence(URL_A, 500)).toBe(`${URL_A}: no answer within 0.5 s\n  Is it an outcry gateway?`);
  });
});
