import { describe, expect, it } from 'vitest';

import { encodeMessage, RefusedError } from '../delivery/encode-message.ts';
import type { LogRecord } from './record-log.ts';
import { toMessage } from './to-message.ts';

const NO_TEXT = Buffer.from([0xff, 0xfe]);

function record({
  headers = {},
  ...more
}: { readonly headers?: Readonly<Record<string, Buffer>> } & Partial<
  Pick<LogRecord, 'key' | 'value'>
> = {}): LogRecord {
  const fields = { topic: 'orders', partition: 3, offset: 9_007_199_254_740_993n, leaderEpoch: 0, writtenAt: 0 };
  return { ...fields, key: undefined, value: undefined, ...more, headers: new Map(Object.entries(headers)) };
}

function reasonOf(found: LogRecord): string | undefined {
  try {
    encodeMessage(toMessage(found), 1024);
    return undefined;
  } catch (err) {
    if (err instanceof RefusedError) return err.reason;
    throw err;
  }
}

describe('toMessage', () => {
  it('takes the key of the record for the room, and its place for the name', () => {
    expect(toMessage(record({ key: Buffer.from('orders:ü'), value: Buffer.from('{"n":1}') }))).toEqual({
      id: '3:9007199254740993',
      room: 'orders:ü',
      data: '{"n":1}',
    });
  });

  it('takes a room and an idempotency key from headers, and leaves others alone', () => {
    const headers = { room: Buffer.from('lobby'), key: Buffer.from('a-key'), trace: NO_TEXT };
    const message = toMessage(record({ key: Buffer.from('17'), value: Buffer.from('1'), headers }));
    expect(message).toMatchObject({ room: 'lobby', key: 'a-key', data: '1' });
  });

  it('takes the trace of a record from its header, and refuses none for one that cannot be read', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const traced = { key: Buffer.from('lobby'), value: Buffer.from('1') };
    expect(toMessage(record({ ...traced, headers: { traceparent: Buffer.from(traceparent) } }))).toMatchObject({
      traceparent,
    });
    expect(reasonOf(record({ ...traced, headers: { traceparent: NO_TEXT } }))).toBeUndefined();
    expect(reasonOf(record({ ...traced, headers: { traceparent: Buffer.alloc(5000, '0') } }))).toBeUndefined();
  });

  it.each([
    ['badRoom', record({ value: Buffer.from('1') })],
    ['badRoom', record({ key: NO_TEXT, value: Buffer.from('1') })],
    ['badRoom', record({ key: Buffer.alloc(5000, 'a'), value: Buffer.from('1') })],
    ['malformed', record({ key: Buffer.from('lobby') })],
    ['malformed', record({ key: Buffer.from('lobby'), value: NO_TEXT })],
    ['malformed', record({ key: Buffer.from('lobby'), value: Buffer.from([0x22, 0xff, 0x22]) })],
    ['badKey', record({ key: Buffer.from('lobby'), value: Buffer.from('1'), headers: { key: NO_TEXT } })],
    ['badKey', record({ key: Buffer.from('lobby'), value: Buffer.from('1'), headers: { key: Buffer.from('') } })],
    [undefined, record({ key: Buffer.from('lobby'), value: Buffer.from('1') })],
  ])('has refused as %s what is none: %o', (reason, found) => {
    expect(reasonOf(found)).toBe(reason);
  });
});
