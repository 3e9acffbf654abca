import { CLOSE_CODES, Retry } from '@outcry/protocol';
import { describe, expect, it } from 'vitest';

import { describeClose, retryOf } from './close.ts';

const LOST = { code: 1006, reason: '', wasOpen: true };

describe('describeClose', () => {
  it.each([
    [{ ...LOST }, 'connection lost without a close frame'],
    [{ ...LOST, failure: 'ECONNRESET' }, 'connection lost: ECONNRESET'],
    [{ ...LOST, wasOpen: false, failure: 'ECONNREFUSED' }, 'cannot connect: ECONNREFUSED'],
    [{ ...LOST, wasOpen: false, httpStatus: 503, failure: 'closed early' }, 'handshake refused: HTTP 503'],
    [{ ...LOST, ...CLOSE_CODES.restart }, 'closed with 1012 restart'],
    [{ ...LOST, code: 1000 }, 'closed with 1000'],
  ])('is one line for one cause: %j', (close, expected) => {
    expect(describeClose(close)).toBe(expected);
  });
});

describe('retryOf', () => {
  it.each([
    [CLOSE_CODES.tooBig, Retry.Never],
    [{ ...CLOSE_CODES.tooBig, reason: 'message too long' }, Retry.Wait],
    [{ ...CLOSE_CODES.unsupportedData, reason: '' }, Retry.Wait],
    [{ code: 1000, reason: '' }, Retry.Wait],
    [CLOSE_CODES.revoked, Retry.Never],
    [{ code: 4299, reason: '' }, Retry.Now],
  ])("takes %j for the gateway's word only where it is", (close, retry) => {
    expect(retryOf({ ...LOST, ...close })).toBe(retry);
  });
});
