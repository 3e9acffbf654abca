import { describe, expect, test } from 'vitest';

import {
  appendInfo,
  appendSeq,
  CLIENT_SCHEMA,
  type ClientFrame,
  createCodecs,
  decodePayload,
  encodeMessageHead,
  encodePayload,
  type FrameSchema,
  type MemberEntry,
  parseFieldSpec,
  type ReceivedFrame,
  SERVER_SCHEMA,
  type ServerFrame,
  type WireLevels,
} from '../index.ts';
import { CLIENT_VECTORS, SERVER_VECTORS } from '../testing/golden-vectors.ts';

const { json, msgpack } = createCodecs();
const utf8 = new TextEncoder();
/** The scales of every book in the vectors. */
const SCALES = { priceScale: 2, sizeScale: 5 };

describe.each(CLIENT_VECTORS.map((vector) => [vector.name, vector] as const))('request "%s"', (_, vector) => {
  test('is encoded to its golden JSON', () => {
    expect(json.encodeClient(vector.frame)).toBe(vector.json);
  });

  test('is encoded to its golden msgpack', () => {
    expect(hex(msgpack.encodeClient(vector.frame) as Uint8Array)).toBe(hex(vector.msgpack));
  });

  test('is decoded from its golden JSON', () => {
    expect(plain(json.decodeClient(utf8.encode(vector.json)))).toEqual(vector.frame);
  });

  test('is decoded from its golden msgpack', () => {
    expect(plain(msgpack.decodeClient(vector.msgpack))).toEqual(vector.frame);
  });
});

describe.each(SERVER_VECTORS.map((vector) => [vector.name, vector] as const))('server frame "%s"', (_, vector) => {
  test('is encoded to its golden JSON', () => {
    expect(json.encodeServer(held(vector.frame))).toBe(vector.json);
  });

  test('is encoded to its golden msgpack', () => {
    expect(hex(msgpack.encodeServer(held(vector.frame)) as Uint8Array)).toBe(hex(vector.msgpack));
  });

  test('is decoded from its golden JSON', () => {
    expect(json.decodeServer(vector.json)).toEqual(JSON.parse(vector.json));
  });

  test('is decoded from its golden msgpack', () => {
    // An absent field is no field: some are asked for with `in`.
    expect(msgpack.decodeServer(vector.msgpack)).toStrictEqual(vector.frame);
  });
});

describe('the vectors', () => {
  test.each([
    ['client', CLIENT_SCHEMA, CLIENT_VECTORS],
    ['server', SERVER_SCHEMA, SERVER_VECTORS],
  ])('have every field of every %s frame, and every optional one absent too', (_, schema, vectors) => {
    const missing = Object.entries(schema as Readonly<Record<string, FrameSchema>>).flatMap(([type, { fields }]) => {
      const frames = vectors.map(({ frame }) => frame).filter((frame) => frame.type === type);
      return Object.entries(fields).flatMap(([name, spec]) => [
        ...(frames.some((frame) => Object.hasOwn(frame, name)) ? [] : [`${type} with ${name}`]),
        ...(!parseFieldSpec(spec).isOptional || frames.some((frame) => !Object.hasOwn(frame, name))
          ? []
          : [`${type} without ${name}`]),
      ]);
    });
    expect(missing).toEqual([]);
  });
});

/** A decoded request with its payload as a plain value. */
function plain(frame: ClientFrame): unknown {
  return 'data' in frame ? { ...frame, data: decodePayload(frame.data) } : frame;
}

/** A frame as a gateway holds it: payloads encoded, book sides with their scales. */
function held(frame: ReceivedFrame): ServerFrame {
  const values: Record<string, unknown> = { ...frame };
  if ('data' in frame) values['data'] = encodePayload(frame.data);
  if ('info' in frame) values['info'] = encodePayload(frame.info);
  if ('members' in frame && typeof frame.members === 'object') values['members'] = frame.members.map(heldMember);
  if ('bids' in frame) Object.assign(values, { bids: side(frame.bids), asks: side(frame.asks) });
  if ('messages' in frame) values['messages'] = frame.messages.map((message) => heldMessage(message));
  return values as unknown as ServerFrame;
}

function side(levels: WireLevels): unknown {
  return { levels, ...SCALES };
}

function heldMessage(message: unknown): Uint8Array {
  const { room, from, at, data, seq, info } = message as Extract<ReceivedFrame, { type: 'message' }>;
  const frame = appendSeq(encodeMessageHead({ room, from, at, data: encodePayload(data) }), seq);
  return info === undefined ? frame : appendInfo(frame, encodePayload(info));
}

function heldMember({ info, ...member }: MemberEntry): MemberEntry<Uint8Array> {
  return info === undefined ? member : { ...member, info: encodePayload(info) };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
