import { appendSeq, encodeMessageHead, encodePayload } from '@outcry/protocol';
import { describe, expect, it } from 'vitest';

import { toArchived } from './to-archived.ts';

function archive(data: unknown, info?: unknown): ReturnType<typeof toArchived> {
  const head = encodeMessageHead({ room: 'pit', from: 'ann', at: 1, data: encodePayload(data) });
  const position = { epoch: 'e', seq: 7 };
  const known = info === undefined ? {} : { info: Buffer.from(encodePayload(info)) };
  return toArchived({ room: 'pit', position, frame: appendSeq(head, 7), origin: '', at: 1000, ...known });
}

const bytesOf = ({ infoBytes }: ReturnType<typeof toArchived>): Buffer => Buffer.from(infoBytes ?? []);

describe('toArchived', () => {
  it('keeps the frame as it is, and what is in it', () => {
    const { frame, ...row } = archive({ a: [1, null] });
    const none = { info: null, infoBytes: null };
    const place = { room: 'pit', epoch: 'e', seq: 7, sentAt: 1000, sender: 'ann' };
    expect(row).toEqual({ ...place, payload: '{"a":[1,null]}', ...none });
    expect(frame.length).toBeGreaterThan(20);
  });

  it('keeps what is known of the sender beside it, as it is, and in JSON where jsonb takes that', () => {
    const known = { name: 'Ann', level: 7 };
    const row = archive(1, known);
    expect([row.info, bytesOf(row)]).toEqual([JSON.stringify(known), Buffer.from(encodePayload(known))]);
    const strange = archive(1, { name: '\0' });
    expect([strange.info, bytesOf(strange)]).toEqual([
      '{"name":"\\ufffd"}',
      Buffer.from(encodePayload({ name: '\0' })),
    ]);
  });

  it.each([
    ['\0', '\ufffd'],
    ['a\0\0b', 'a\ufffd\ufffdb'],
    [
      { '\0': 1, text: 'hidden?' },
      { '\ufffd': 1, text: 'hidden?' },
    ],
    ['\\\0', '\\\ufffd'],
    [{ a: ['\\\\\0', '\\u0000'] }, { a: ['\\\\\ufffd', '\\u0000'] }],
  ])('has another character where jsonb refuses one: %j', (data, kept) => {
    expect(JSON.parse(String(archive(data).payload))).toEqual(kept);
  });

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
