import { describe, expect, it } from 'vitest';

import { peekPublishId } from './peek-publish-id.ts';

const HEAD = '{"type":"publish","id":';
const peek = (text: string): number | undefined => peekPublishId(new TextEncoder().encode(text));

describe('the id of a publish that begins as most do', () => {
  it.each([0, 7, 1_234_567_890, 999_999_999_999_999])('is known without decoding: %i', (id) => {
    expect(peek(`${HEAD}${String(id)},"room":"lobby","data":1}`)).toBe(id);
    expect(peek(`${HEAD}${String(id)},`)).toBe(id);
  });

  it.each([
    ['there is none', `${HEAD},"room":"lobby"}`],
    ['it may be too large', `${HEAD}1000000000000000,"room":"lobby"}`],
    ['it is text', `${HEAD}"7","room":"lobby"}`],
    ['it is negative', `${HEAD}-7,"room":"lobby"}`],
    ['it has a fraction', `${HEAD}7.5,"room":"lobby"}`],
    ['what follows the digits is no digit', `${HEAD}7:,"room":"lobby"}`],
    ['a space follows', `${HEAD}7 ,"room":"lobby"}`],
    ['nothing follows', `${HEAD}7`],
    ['the frame breaks off before it', HEAD],
    ['the frame is of another type', '{"type":"publisH","id":7,"room":"lobby"}'],
    ['the frame begins with something else', ' {"type":"publish","id":7,"room":"lobby"}'],
    ['there is no frame', ''],
  ])('is left to the decoder where %s', (_, text) => {
    expect(peek(text)).toBeUndefined();
  });
});
