import { describe, expect, test } from 'vitest';

import {
  appendInfo,
  appendSeq,
  appendTraceparent,
  createCodecs,
  decodePayload,
  encodeMessageHead,
  encodePayload,
  messageFrameToJson,
  readMessageFrame,
  SEQ_BYTES,
  SERVER_SCHEMA,
  signalFrameToJson,
} from '../../index.ts';

const { json, msgpack } = createCodecs();
const message = { room: '@ann', from: 'bob', at: 1_732_104_000_000, data: encodePayload({ 'a"\\é\u2028': [1, null] }) };
const signal = { type: 'signal', room: 'lobby', from: 'ann', name: 'typing' } as const;

describe('a message frame', () => {
  test.each([0, 1, 127, 2 ** 32, 2 ** 53 - 1])('is its head and nine bytes for the seq %i', (seq) => {
    const head = encodeMessageHead(message);
    const frame = appendSeq(head, seq);
    expect(frame.length).toBe(head.length + SEQ_BYTES);
    expect(frame.subarray(0, head.length)).toEqual(head);
    expect(frame).toEqual(msgpack.encodeServer({ type: 'message', ...message, seq }));
  });

  test('is its own head, though another was encoded meanwhile', () => {
    const head = encodeMessageHead(message).slice();
    encodeMessageHead({ ...message, room: 'another' });
    expect(appendSeq(head, 7)).toEqual(msgpack.encodeServer({ type: 'message', ...message, seq: 7 }));
  });

  test('tells its sender and its data, and nothing where it is none', () => {
    const { from, data } = message;
    expect(readMessageFrame(appendSeq(encodeMessageHead(message), 7))).toEqual({ from, data });
    const [another, short] = [msgpack.encodeServer(signal), encodeMessageHead(message).slice(0, -1)];
    const nobody = encodePayload([SERVER_SCHEMA.message.tag, 'lobby', 5, message.at, null, 7]);
    const others = [new Uint8Array(), Buffer.from([0xc1]), Buffer.from(another), short, nobody];
    for (const other of others) expect(readMessageFrame(other)).toBeUndefined();
  });

  test('becomes in JSON what the JSON encoder makes', () => {
    const frame = appendSeq(encodeMessageHead(message), 43);
    expect(messageFrameToJson(frame)).toBe(json.encodeServer({ type: 'message', ...message, seq: 43 }));
  });

  test.each(['a","data":{"admin":true},"x":"', '\\', '"', '<script>', 'é😀\\u0022'])(
    'keeps the room and the author %j apart from the rest of its JSON',
    (name) => {
      const named = { ...message, room: name, from: name };
      const text = messageFrameToJson(appendSeq(encodeMessageHead(named), 43));
      expect(text).toBe(json.encodeServer({ type: 'message', ...named, seq: 43 }));
      expect(JSON.parse(text)).toMatchObject({ room: name, from: name, seq: 43, data: { 'a"\\é\u2028': [1, null] } });
    },
  );

  test.each([undefined, encodePayload({ name: 'Bob' })])('has its traceparent behind the info %j', (info) => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const frame = appendSeq(encodeMessageHead(message), 43);
    const original = frame.slice();
    const about = info === undefined ? {} : { info };
    const expected = { type: 'message', ...message, seq: 43, ...about, traceparent } as const;
    const traced = appendTraceparent(info === undefined ? frame : appendInfo(frame, info), traceparent);
    expect(traced).toEqual(msgpack.encodeServer(expected));
    expect(messageFrameToJson(traced)).toBe(json.encodeServer(expected));
    expect(msgpack.decodeServer(traced)).toMatchObject({ seq: 43, traceparent });
    expect(frame).toEqual(original);
  });

  test('has the info of its sender behind it where that is wanted, in both encodings, and is as it was where it is not', () => {
    const info = encodePayload({ name: 'Bob "</script>é', picture: 'https://img.example/bob.png' });
    const frame = appendSeq(encodeMessageHead(message), 43);
    const before = frame.slice();
    const whole = appendInfo(frame, info);
    expect(frame).toEqual(before);
    expect(whole).toEqual(msgpack.encodeServer({ type: 'message', ...message, seq: 43, info }));
    expect(messageFrameToJson(whole)).toBe(json.encodeServer({ type: 'message', ...message, seq: 43, info }));
  });

  test('with info is to a client that does not know of it what it was', () => {
    const frame = appendSeq(encodeMessageHead(message), 43);
    const whole = appendInfo(frame, encodePayload({ name: 'Bob' }));
    const elements = decodePayload(whole) as readonly unknown[];
    expect(elements.slice(0, 6)).toEqual(decodePayload(frame));
  });

  test('that is whole has memory of its own, however long it is kept', () => {
    const frame = appendSeq(encodeMessageHead(message), 43);
    const traced = appendTraceparent(frame, '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
    for (const kept of [frame, traced]) expect(kept.buffer.byteLength).toBe(kept.length);
  });
});

describe('a signal frame', () => {
  test.each([
    ['with data', { ...signal, data: encodePayload({ at: 3 }) }],
    ['without data', signal],
  ])('%s becomes in JSON what the JSON encoder makes', (_, frame) => {
    expect(signalFrameToJson(msgpack.encodeServer(frame) as Uint8Array)).toBe(json.encodeServer(frame));
  });
});
