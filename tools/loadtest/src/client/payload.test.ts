import { createClientCodec, createCodecs, encodePayload, Encoding } from '@outcry/protocol';
import { describe, expect, it } from 'vitest';

import { createPadding, createPayload, readPayload } from './payload.ts';

const ROOM = 'load.a1b2c3d4-fan-out.0';
const CONTENT = { publisher: 12, counter: 3456, sentAt: 123_456_789_012, padding: createPadding(400) };
const PAYLOAD = createPayload(ROOM, CONTENT);

describe('payloads', () => {
  it('are known again as they were sent, in both encodings', () => {
    for (const encoding of Object.values(Encoding)) {
      const codec = createCodecs()[encoding];
      const frame = codec.encodeServer({
        type: 'signal',
        room: ROOM,
        from: 'ann',
        name: 'x',
        data: encodePayload(PAYLOAD),
      });
      const received = createClientCodec(encoding).decodeServer(frame);
      expect(received?.type === 'signal' && readPayload(ROOM, received.data)).toEqual(PAYLOAD);
    }
  });

  it.each([
    ['another publisher', { ...PAYLOAD, publisher: 13 }],
    ['another counter', { ...PAYLOAD, counter: 3457 }],
    ['another time', { ...PAYLOAD, sentAt: 1 }],
    ['a text that is one character shorter', { ...PAYLOAD, padding: PAYLOAD.padding.slice(1) }],
    ['a field less', { ...PAYLOAD, padding: undefined }],
    ['a field more', { ...PAYLOAD, extra: 1 }],
    ['a number as text', { ...PAYLOAD, counter: '3456' }],
    ['nothing', null],
    ['something else', { text: 'hello' }],
  ])('are not taken for what was sent with %s', (_, altered) => {
    expect(readPayload(ROOM, altered)).toBeUndefined();
  });

  it('are not taken for what was sent to another room', () => {
    expect(readPayload('load.a1b2c3d4-fan-out.1', PAYLOAD)).toBeUndefined();
  });

  it.each([150, 1000, 4000, 9000])('have about %i bytes, in both encodings', (sizeBytes) => {
    const payload = createPayload(ROOM, { ...CONTENT, padding: createPadding(sizeBytes) });
    for (const encoding of Object.values(Encoding)) {
      const frame = createClientCodec(encoding).encodeClient({ type: 'publish', room: 'r', data: payload });
      const bytes = typeof frame === 'string' ? Buffer.byteLength(frame) : frame.length;
      expect(bytes).toBeGreaterThan(0.8 * sizeBytes);
      expect(bytes).toBeLessThan(1.2 * sizeBytes + 60);
    }
  });
});
