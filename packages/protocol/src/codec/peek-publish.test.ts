import { describe, expect, it, test } from 'vitest';

import { createCodecs, encodePayload, type RequestId } from '../index.ts';
import { CLIENT_VECTORS } from '../testing/golden-vectors.ts';

const { json, msgpack } = createCodecs();
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const peekText = (text: string): ReturnType<typeof json.peekPublish> => json.peekPublish(bytesOf(text));

describe('what is known of a publish that is not decoded', () => {
  test.each(CLIENT_VECTORS)('is what decoding says: $name', ({ frame, json: text, msgpack: bytes }) => {
    const expected = frame.type === 'publish' ? { id: frame.id } : undefined;
    expect(peekText(text)).toEqual(expected);
    expect(msgpack.peekPublish(bytes)).toEqual(expected);
  });

  it.each<RequestId>([0, 7, 999_999_999_999_999, Number.MAX_SAFE_INTEGER, '', 'a"b', 'ä'])('is the id %j', (id) => {
    const frame = { type: 'publish', id, room: 'lobby', data: 1 };
    expect(peekText(JSON.stringify(frame))).toEqual({ id });
    expect(peekText(JSON.stringify({ room: 'lobby', data: 1, id, type: 'publish' }))).toEqual({ id });
    const binary = Buffer.concat([Buffer.from([0x94, 4]), encodePayload(id), encodePayload('lobby'), encodePayload(1)]);
    expect(msgpack.peekPublish(binary)).toEqual({ id });
  });

  it('has no id where there is nothing but its tag, whatever follows the frame', () => {
    for (const bytes of [Buffer.of(0x91, 4), Buffer.of(0x91, 4, 7)]) {
      expect(msgpack.peekPublish(bytes)).toEqual({ id: undefined });
    }
  });

  it.each([
    ['no id', '{"type":"publish","room":"lobby","data":1}'],
    ['an id that is none', '{"type":"publish","id":-1,"room":"lobby","data":1}'],
    ['an id with a fraction', '{"type":"publish","id":1.5,"room":"lobby","data":1}'],
    ['an id that is too large', '{"type":"publish","id":99999999999999999999,"room":"lobby","data":1}'],
  ])('has no id where there is %s', (_what, text) => {
    expect(peekText(text)).toEqual({ id: undefined });
  });

  it.each([
    '{"type":"publish","id":',
    '{"type":"publish","id":,"room":"a"}',
    '{"type":"publish","id":12',
    'no',
    '',
    '[]',
  ])('is nothing where it cannot be decoded: %s', (text) => {
    expect(peekText(text)).toBeUndefined();
  });

  it.each([[[]], [[0x90]], [[0x94]], [[0xc0]], [[0x92, 3, 1]], [[0x92, 0xc0, 1]]])('is nothing of %j', (bytes) => {
    expect(msgpack.peekPublish(new Uint8Array(bytes))).toBeUndefined();
  });
});
