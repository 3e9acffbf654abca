import { describe, expect, it } from 'vitest';
import { decodeEnvelope, encodeSignal, infoPart, tracedOrigin } from './bus-envelope.ts';

const FRAME = Buffer.from([0x96, 36, 0xff, 0x00]);

/** A message as the publishing script writes it. */
function messageBytes({ version = 1, kind = 1, origin = 'conn-1', frame = FRAME } = {}): Buffer {
  const head = Buffer.alloc(27);
  head[0] = version;
  head[1] = kind;
  head.write('abcdefgh', 2, 'latin1');
  head.writeBigUInt64BE(2n ** 53n - 1n, 10);
  head.writeBigUInt64BE(1_723_075_200_456n, 18);
  head[26] = origin.length;
  return Buffer.concat([head, Buffer.from(origin, 'latin1'), frame]);
}

describe('bus envelope', () => {
  it('carries a message with its position, time and origin', () => {
    expect(decodeEnvelope('pit', messageBytes())).toEqual({
      kind: 'message',
      message: {
        room: 'pit',
        position: { epoch: 'abcdefgh', seq: 2 ** 53 - 1 },
        at: 1_723_075_200_456,
        origin: 'conn-1',
        frame: FRAME,
      },
    });
  });

  it.each([1, 300, 1024])(
    'carries %i bytes of info beside the frame of a message, which they are no part of',
    (length) => {
      const info = Buffer.alloc(length, 7);
      const envelope = decodeEnvelope('pit', messageBytes({ frame: Buffer.concat([infoPart(info), FRAME]) }));
      expect(envelope).toMatchObject({ kind: 'message', message: { info, frame: FRAME, origin: 'conn-1' } });
      expect(infoPart(undefined)).toHaveLength(0);
    },
  );

  const trace = { traceId: `ff${'ab'.repeat(15)}`, parentId: `${'01'.repeat(7)}ff`, spanId: '00000000000000c1' };

  it.each(['', 'conn-1', 'x'.repeat(222)])('carries the trace of a message beside the origin "%s"', (origin) => {
    const info = Buffer.from([0x81, 0, 1]);
    for (const about of [Buffer.alloc(0), Buffer.from(infoPart(info))]) {
      const bytes = messageBytes({ origin: tracedOrigin(origin, trace), frame: Buffer.concat([about, FRAME]) });
      expect(decodeEnvelope('pit', bytes)).toMatchObject({ kind: 'message', message: { origin, trace, frame: FRAME } });
      expect(bytes.length - messageBytes({ origin, frame: Buffer.concat([about, FRAME]) }).length).toBe(33);
    }
  });

  it('has no trace in a message that is not traced', () => {
    expect(decodeEnvelope('pit', messageBytes({ origin: 'x'.repeat(255) }))).not.toHaveProperty('message.trace');
    expect(decodeEnvelope('pit', messageBytes({ origin: '' }))).not.toHaveProperty('message.trace');
    expect(decodeEnvelope('pit', messageBytes({ origin: '\u00ff' }))).not.toHaveProperty('message.trace');
  });

  it('is read by a node that knows nothing of traces as a message of a connection that nobody has', () => {
    // The origin of former versions: its length, and so many bytes of a name.
    const bytes = messageBytes({ origin: tracedOrigin('conn-1', trace) });
    const end = 27 + (bytes[26] ?? 0);
    expect(bytes.subarray(end)).toEqual(FRAME);
    expect(bytes.toString('latin1', 27, end)).not.toBe('conn-1');
  });

  it('carries info of who has come into a room', () => {
    const bytes = Buffer.from([1, 3, 1, 0, 0, 0, 1, ...Buffer.from('änn'), 0, 0x81, 0, 0x01]);
    const event = { room: 'pit', user: 'änn', change: 'joined', count: 1, info: Buffer.from([0x81, 0, 0x01]) };
    expect(decodeEnvelope('pit', bytes)).toEqual({ kind: 'member', event });
  });

  it('shares the bytes of the frame', () => {
    const bytes = messageBytes();
    const envelope = decodeEnvelope('pit', bytes);
    if (envelope?.kind !== 'message') throw new Error('no message');
    expect(envelope.message.frame.buffer).toBe(bytes.buffer);
  });

  it.each(['', 'conn-1', 'x'.repeat(255)])('carries a signal from "%s"', (origin) => {
    const signal = { room: 'pit', frame: FRAME, origin };
    expect(decodeEnvelope('pit', encodeSignal(signal))).toEqual({ kind: 'signal', signal });
  });

  it('carries who has come into a room or gone, and how many are there then', () => {
    const bytes = (change: number): Buffer => Buffer.from([1, 3, change, 0, 1, 0x86, 0xa0, ...Buffer.from('ann.b:1')]);
    const event = { room: 'pit', user: 'ann.b:1', count: 100_000 };
    expect(decodeEnvelope('pit', bytes(1))).toEqual({ kind: 'member', event: { ...event, change: 'joined' } });
    expect(decodeEnvelope('pit', bytes(0))).toEqual({ kind: 'member', event: { ...event, change: 'left' } });
    expect(decodeEnvelope('pit', bytes(2))).toBeUndefined();
    expect(decodeEnvelope('pit', bytes(1).subarray(0, 7))).toBeUndefined();
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello')],
    ['another version', messageBytes({ version: 2 })],
    ['another kind', messageBytes({ kind: 4 })],
    ['a message without a frame', messageBytes({ frame: Buffer.alloc(0) })],
    ['a message of info without a frame', messageBytes({ frame: Buffer.from(infoPart(FRAME)) })],
    ['a message whose info breaks off', messageBytes({ frame: Buffer.from([0xc1, 0]) })],
    ['a message that breaks off', messageBytes().subarray(0, 20)],
    ['an origin longer than the rest', Buffer.from([1, 2, 200, 65])],
  ])('takes %s for none', (_, bytes) => {
    expect(decodeEnvelope('pit', bytes)).toBeUndefined();
  });
});
