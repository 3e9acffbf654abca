import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';

import { PROTOCOL } from './protocol-document.ts';
import { decodeFrame, encodeRequest } from './wire-codec.ts';

const SEQ = Buffer.from('cf000000000000002b', 'hex');

function text(frame: unknown): { kind: 'text'; bytes: Buffer } {
  return { kind: 'text', bytes: Buffer.from(JSON.stringify(frame)) };
}

/** An array whose last element is `seq`, in its nine bytes. */
function withSeq(...elements: unknown[]): { kind: 'binary'; bytes: Buffer } {
  const header = Buffer.of(0x90 + elements.length + 1);
  return { kind: 'binary', bytes: Buffer.concat([header, ...elements.map((element) => encode(element)), SEQ]) };
}

function binary(...elements: unknown[]): { kind: 'binary'; bytes: Buffer } {
  return { kind: 'binary', bytes: Buffer.from(encode(elements)) };
}

const reset = { type: 'reset', room: 'lobby', epoch: 'e', seq: 43 };

describe('a frame of the server', () => {
  it('is the same in both encodings', () => {
    expect(decodeFrame(text(reset), 'json')).toEqual(reset);
    expect(decodeFrame(withSeq(44, 'lobby', 'e'), 'msgpack')).toEqual(reset);
  });

  it.each(['Room1', 'комната 👩‍🚀', '@auth0|5f7c', 'a{b}"\\', `@${'x'.repeat(128)}`])('may be of the room %s', (room) => {
    expect(decodeFrame(text({ ...reset, room }), 'json')).toEqual({ ...reset, room });
    expect(decodeFrame(withSeq(44, room, 'e'), 'msgpack')).toEqual({ ...reset, room });
  });

  it('may leave out optional fields', () => {
    expect(decodeFrame(text({ type: 'pong', at: 1 }), 'json')).toEqual({ type: 'pong', at: 1 });
    expect(decodeFrame(binary(47, null, 1), 'msgpack')).toEqual({ type: 'pong', at: 1 });
    expect(decodeFrame(binary(33), 'msgpack')).toEqual({ type: 'ack' });
  });

  it.each([
    ['an unknown type', { type: 'teleport' }],
    ['an unknown field', { ...reset, colour: 'red' }],
    ['a missing field', { type: 'reset', room: 'lobby', seq: 43 }],
    ['null for an optional field', { type: 'pong', id: null, at: 1 }],
    ['a room with a star', { ...reset, room: 'a*' }],
    ['a room with a control character', { ...reset, room: 'a\n' }],
    ['a room that is too long', { ...reset, room: 'é'.repeat(65) }],
    ['a room that is not in NFC', { ...reset, room: 'e\u0301' }],
    ['a room that is a number', { ...reset, room: 7 }],
    ['an inbox of nobody', { ...reset, room: '@' }],
    ['a seq that is text', { ...reset, seq: '43' }],
    ['a fraction', { ...reset, seq: 1.5 }],
    ['a number past 2^53', { ...reset, seq: 2 ** 53 }],
    ['levels that are numbers', { type: 'ack', id: 1, members: [['ann', 1]] }],
    ['a nested frame that is wrong', { type: 'ack', messages: [{ ...reset, seq: -1 }] }],
  ])('is refused with %s in JSON', (_, frame) => {
    expect(() => decodeFrame(text(frame), 'json')).toThrow();
  });

  it.each([
    ['an unknown tag', binary(99)],
    ['a missing field', withSeq(44, 'lobby')],
    ['too many elements', withSeq(44, 'lobby', 'e', 1)],
    ['a seq in its shortest form', binary(44, 'lobby', 'e', 43)],
    ['a map', { kind: 'binary', bytes: Buffer.from(encode(reset)) }],
    ['text', text(reset)],
    ['bytes behind it', { kind: 'binary', bytes: Buffer.concat([withSeq(44, 'lobby', 'e').bytes, Buffer.of(0xc0)]) }],
  ] as const)('is refused with %s in msgpack', (_, message) => {
    expect(() => decodeFrame(message, 'msgpack')).toThrow();
  });
});

describe('a request', () => {
  it('has its fields in the order of the document', () => {
    const request = { type: 'join', since: { epoch: 'e', seq: 2 }, room: 'lobby' };
    expect(encodeRequest(request, 'msgpack')).toEqual(encode([2, null, 'lobby', ['e', 2]]));
    expect(encodeRequest(request, 'json')).toBe('{"type":"join","since":{"epoch":"e","seq":2},"room":"lobby"}');
  });

  it('may be of a type that does not exist', () => {
    expect(encodeRequest({ type: 'teleport', tag: 31, id: 'a' }, 'msgpack')).toEqual(encode([31, 'a']));
  });
});

describe('the document', () => {
  it('has frames, close codes and errors to read', () => {
    expect(PROTOCOL.requests.map(({ tag }) => tag)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(PROTOCOL.serverFrames.map(({ tag }) => tag).sort()).toEqual(Array.from({ length: 19 }, (_, i) => 32 + i));
    expect(PROTOCOL.closeCodes.every(({ code, reason }) => code > 1000 && reason !== '')).toBe(true);
    expect(PROTOCOL.errorCodes.length).toBeGreaterThan(0);
  });
});
