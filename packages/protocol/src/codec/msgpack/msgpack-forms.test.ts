import { decode as decodeByOthers } from '@msgpack/msgpack';
import { describe, expect, test } from 'vitest';

import { createCodecs, encodePayload, messageFrameToJson, ProtocolError, RequestError } from '../../index.ts';

const { msgpack } = createCodecs();

/** The first and the last value of each form, and the bytes that it begins with. */
const FORMS: readonly (readonly [name: string, value: unknown, head: string])[] = [
  ['nil', null, 'c0'],
  ['false', false, 'c2'],
  ['true', true, 'c3'],
  ['the least fixint', 0, '00'],
  ['the largest fixint', 0x7f, '7f'],
  ['the least uint8', 0x80, 'cc80'],
  ['the largest uint8', 0xff, 'ccff'],
  ['the least uint16', 0x100, 'cd0100'],
  ['the largest uint16', 0xffff, 'cdffff'],
  ['the least uint32', 0x1_0000, 'ce00010000'],
  ['the largest uint32', 0xffff_ffff, 'ceffffffff'],
  ['the least uint64', 0x1_0000_0000, 'cf0000000100000000'],
  ['the largest uint64', Number.MAX_SAFE_INTEGER, 'cf001fffffffffffff'],
  ['the largest negative fixint', -1, 'ff'],
  ['the least negative fixint', -0x20, 'e0'],
  ['the largest int8', -0x21, 'd0df'],
  ['the least int8', -0x80, 'd080'],
  ['the largest int16', -0x81, 'd1ff7f'],
  ['the least int16', -0x8000, 'd18000'],
  ['the largest int32', -0x8001, 'd2ffff7fff'],
  ['the least int32', -0x8000_0000, 'd280000000'],
  ['the largest int64', -0x8000_0001, 'd3ffffffff7fffffff'],
  ['the least int64', Number.MIN_SAFE_INTEGER, 'd3ffe0000000000001'],
  ['a float64', -1.5e300, 'cb'],
  ['an empty string', '', 'a0'],
  ['the first character beyond ASCII', '\u0080', 'a2c280'],
  ['a string of 24 bytes', 'x'.repeat(24), 'b8'],
  ['a string of 25 bytes', 'x'.repeat(25), 'b9'],
  ['the longest fixstr', 'x'.repeat(31), 'bf'],
  ['the longest fixstr beyond ASCII', `${'x'.repeat(29)}é`, 'bf'],
  ['the shortest str8', 'x'.repeat(32), 'd920'],
  ['the shortest str8 beyond ASCII', `${'x'.repeat(30)}é`, 'd920'],
  ['a str8 that is ASCII but for its end', `${'x'.repeat(40)}é`, 'd92a'],
  ['a str8 of 63 bytes', 'x'.repeat(63), 'd93f'],
  ['a str8 of 64 bytes', 'x'.repeat(64), 'd940'],
  ['the longest str8', 'x'.repeat(0xff), 'd9ff'],
  ['the shortest str16', 'x'.repeat(0x100), 'da0100'],
  ['the shortest str32', 'x'.repeat(0x1_0000), 'db00010000'],
  ['an empty bin8', new Uint8Array(0), 'c400'],
  ['the longest bin8', new Uint8Array(0xff).fill(7), 'c4ff'],
  ['the shortest bin16', new Uint8Array(0x100).fill(7), 'c50100'],
  ['the shortest bin32', new Uint8Array(0x1_0000).fill(7), 'c600010000'],
  ['an empty array', [], '90'],
  ['the longest fixarray', list(15), '9f'],
  ['the shortest array16', list(16), 'dc0010'],
  ['the shortest array32', list(0x1_0000), 'dd00010000'],
  ['an empty map', {}, '80'],
  ['the longest fixmap', map(15), '8f'],
  ['the shortest map16', map(16), 'de0010'],
  ['the shortest map32', map(0x1_0000), 'df00010000'],
  ['arrays beside each other, more than may be within each other', list(70).map(() => [[]]), 'dc0046'],
  ['maps beside each other, more than may be within each other', list(70).map(() => ({ a: {} })), 'dc0046'],
];

describe.each(FORMS)('in msgpack, %s', (_, value, head) => {
  const bytes = encodePayload(value);

  test('is written in its own form', () => {
    const written = encodePayload(value);
    expect(Buffer.from(written).toString('hex').slice(0, head.length)).toBe(head);
    expect(decodeByOthers(written)).toEqual(value);
  });

  test('is read by a client', () => {
    expect(msgpack.decodeServer(message(bytes))).toEqual({
      type: 'message',
      room: 'a',
      from: 'b',
      at: 1,
      data: value,
      seq: 2,
    });
  });

  test('is taken as a payload, with the bytes that it has', () => {
    const frame = msgpack.decodeClient(framed([0x95, 4, 7, 0xa1, 0x61], bytes, [0xa1, 0x6b]));
    expect(frame).toEqual({ type: 'publish', id: 7, room: 'a', data: bytes, key: 'k' });
  });

  test('is passed over where it is nobody’s', () => {
    expect(msgpack.decodeClient(framed([0x94, 11, 1], bytes, [0x05]))).toEqual({ type: 'ping', id: 1 });
    expect(messageFrameToJson(message(bytes))).toMatch(
      /^\{"type":"message","room":"a","from":"b","at":1,.*,"seq":2\}$/s,
    );
  });
});

describe('in msgpack, a number', () => {
  test.each([
    ['uint8', [0xcc, 5]],
    ['uint16', [0xcd, 0, 5]],
    ['uint32', [0xce, 0, 0, 0, 5]],
    ['uint64', [0xcf, 0, 0, 0, 0, 0, 0, 0, 5]],
    ['int8', [0xd0, 5]],
    ['int16', [0xd1, 0, 5]],
    ['int32', [0xd2, 0, 0, 0, 5]],
    ['int64', [0xd3, 0, 0, 0, 0, 0, 0, 0, 5]],
  ])('is the same in a longer form, such as %s', (_, bytes) => {
    expect(msgpack.decodeClient(new Uint8Array([0x92, 11, ...bytes]))).toEqual({ type: 'ping', id: 5 });
    expect(msgpack.decodeServer(message(bytes))).toMatchObject({ data: 5 });
    const negative = bytes.map((byte, index) => (index === 0 ? byte : byte === 5 ? 0xfb : 0xff));
    const isSigned = (bytes[0] ?? 0) >= 0xd0;
    if (isSigned) expect(msgpack.decodeServer(message(negative))).toMatchObject({ data: -5 });
    if (isSigned) expect(() => msgpack.decodeClient(new Uint8Array([0x92, 11, ...negative]))).toThrow(RequestError);
  });

  test('is read from four bytes of a float, too', () => {
    expect(msgpack.decodeServer(message([0xca, 0x3f, 0xc0, 0, 0]))).toMatchObject({ data: 1.5 });
  });
});

describe('a client', () => {
  test('keeps binary values apart from the bytes that they came in', () => {
    const bytes = message([0xc4, 2, 1, 2]);
    const frame = msgpack.decodeServer(bytes);
    bytes.fill(0);
    expect(frame).toMatchObject({ data: new Uint8Array([1, 2]) });
  });

  test.each([
    ['is followed by bytes', [...message([0xc0]), 0xc0]],
    ['has a key that is no string', [...message([0x81, 0x01, 0x01])]],
    ['has a value of the type that msgpack does not use', [...message([0xc1])]],
    ['has an extension', [...message([0xd4, 1, 0])]],
    ['is a number', [0x05]],
    ['is a map', [0x81, 0xa1, 0x30, 0x05]],
  ])('refuses a frame that %s', (_, bytes) => {
    expect(() => msgpack.decodeServer(new Uint8Array(bytes))).toThrow(ProtocolError);
  });
});

describe('a gateway', () => {
  test.each([
    ['a position of one element', [0x91, 0xa1, 0x65]],
    ['a position of three elements', [0x93, 0xa1, 0x65, 1, 5]],
    ['a position that begins with a number', [0x92, 1, 1]],
  ])('refuses %s, and what follows is not taken for it', (_, since) => {
    const join = new Uint8Array([0x95, 2, 7, 0xa1, 0x61, ...since, 5]);
    expect(() => msgpack.decodeClient(join)).toThrow(/^since: expected/);
  });

  test('takes nil for no payload where none is needed', () => {
    const signal = new Uint8Array([0x95, 5, 7, 0xa1, 0x61, 0xa1, 0x6e, 0xc0]);
    expect(msgpack.decodeClient(signal)).toEqual({ type: 'signal', id: 7, room: 'a', name: 'n' });
  });
});

/** A `message` frame of the server. */
function message(data: Iterable<number>): Uint8Array {
  return framed([0x96, 36, 0xa1, 0x61, 0xa1, 0x62, 1], data, [2]);
}

function framed(before: readonly number[], value: Iterable<number>, after: readonly number[]): Uint8Array {
  return new Uint8Array([...before, ...value, ...after]);
}

function list(length: number): number[] {
  return Array.from({ length }, (_, index) => index % 100);
}

function map(length: number): unknown {
  return Object.fromEntries(list(length).map((value, index) => [`k${String(index)}`, value]));
}
