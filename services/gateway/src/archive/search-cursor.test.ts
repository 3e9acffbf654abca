import { describe, expect, it } from 'vitest';

import { decodeCursor, encodeCursor, MAX_CURSOR_CHARACTERS } from './search-cursor.ts';

const PLACE = { sentAt: 1_790_000_000_123, room: 'комната "a\\b"', epoch: 'pVcmQK1v', seq: 7 };
const SEARCH = { room: 'chat.*', words: 'hello' };

describe('a cursor', () => {
  it('is read by the search that it is of', () => {
    expect(decodeCursor(SEARCH, encodeCursor(SEARCH, PLACE))).toEqual(PLACE);
  });

  it.each([
    [{}],
    [{ ...SEARCH, sender: 'ann' }],
    [{ ...SEARCH, room: 'chat.a' }],
    [{ room: 'chat.*', language: 'hello' }],
  ])('is none of %j', (other) => {
    expect(decodeCursor(other, encodeCursor(SEARCH, PLACE))).toBeUndefined();
  });

  it.each([
    '',
    'x',
    '%',
    Buffer.from('{}').toString('base64url'),
    Buffer.from('["a",1,"b","c",-1]').toString('base64url'),
    Buffer.from('["a",1e300,"b","c",1]').toString('base64url'),
  ])('is not %j', (cursor) => {
    expect(decodeCursor(SEARCH, cursor)).toBeUndefined();
  });

  it.each([
    { ...PLACE, room: 'a\0b' },
    { ...PLACE, room: '\ud800' },
    { ...PLACE, epoch: '\0' },
    { ...PLACE, sentAt: 8.64e15 + 1 },
  ])('is none where somebody has made up the place: %j', (place) => {
    expect(decodeCursor(SEARCH, encodeCursor(SEARCH, place))).toBeUndefined();
  });

  it('is never longer than what is taken', () => {
    const room = '"'.repeat(128);
    expect(encodeCursor(SEARCH, { ...PLACE, room, sentAt: 8.64e15, seq: Number.MAX_SAFE_INTEGER }).length).toBeLessThan(
      MAX_CURSOR_CHARACTERS,
    );
  });
});
