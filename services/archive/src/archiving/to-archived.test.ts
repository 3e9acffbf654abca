import { appendSeq, encodeMessageHead, encodePayload } from '@outcry/protocol';
import { describe, expect, it } from 'vitest';

import { toArchived } from './to-archived.ts';

function archive(data: unknown): ReturnType<typeof toArchived> {
  const head = encodeMessageHead({ room: 'pit', from: 'ann', at: 1, data: encodePayload(data) });
  const position = { epoch: 'e', seq: 7 };
  return toArchived({ room: 'pit', position, frame: appendSeq(head, 7), origin: '', at: 1000 });
}

describe('toArchived', () => {
  it('keeps the frame as it is, and what is in it', () => {
    const { frame, ...row } = archive({ a: [1, null] });
    expect(row).toEqual({ room: 'pit', epoch: 'e', seq: 7, sentAt: 1000, sender: 'ann', payload: '{"a":[1,null]}' });
    expect(frame.length).toBeGreaterThan(20);
  });

  it.each([['\0'], ['a\0'], [{ '\0': 1 }], ['\\\0'], [['\\\\\0']]])(
    'has no JSON of %j, which jsonb refuses',
    (data) => {
      expect(archive(data).payload).toBeNull();
    },
  );

  it.each([['\\u0000'], ['\\\\u0000'], ['\\ud800'], ['\u0001'], ['😀'], ['u0000']])(
    'has JSON of %j, which only looks like it',
    (data) => {
      expect(archive(data).payload).toBe(JSON.stringify(data));
    },
  );

  it('keeps a frame that is none, without what it cannot say', () => {
    const frame = Buffer.from([0xc1]);
    const row = toArchived({ room: 'pit', position: { epoch: 'e', seq: 1 }, frame, origin: '', at: 1 });
    expect(row).toMatchObject({ sender: '', payload: null, frame });
  });
});
