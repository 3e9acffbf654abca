import { describe, expect, test } from 'vitest';

import {
  CLIENT_SCHEMA,
  type ClientFrame,
  createCodecs,
  decodePayload,
  formatScaled,
  messageFrameToJson,
  payloadToJson,
  SERVER_SCHEMA,
  type ServerFrame,
} from '../index.ts';
import { randomClientFrame, randomServerFrame } from '../testing/random-frames.ts';
import { SeededRandom } from '../testing/seeded-random.ts';

const FRAMES_PER_TYPE = 50;
const SEED = 20_261_120;

const { json, msgpack } = createCodecs();
const utf8 = new TextEncoder();
const seeds = Array.from({ length: FRAMES_PER_TYPE }, (_, index) => SEED + index);

describe.each(keysOf(CLIENT_SCHEMA))('%s requests', (type) => {
  test('mean the same after JSON', () => {
    for (const seed of seeds) {
      const frame = randomClientFrame(type, new SeededRandom(seed));
      const decoded = json.decodeClient(utf8.encode(json.encodeClient(frame) as string));
      expect(plain(decoded), `seed ${String(seed)}`).toEqual(frame);
    }
  });

  test('mean the same after msgpack', () => {
    for (const seed of seeds) {
      const frame = randomClientFrame(type, new SeededRandom(seed));
      const decoded = msgpack.decodeClient(msgpack.encodeClient(frame) as Uint8Array);
      expect(plain(decoded), `seed ${String(seed)}`).toEqual(frame);
    }
  });
});

describe.each(keysOf(SERVER_SCHEMA))('%s frames', (type) => {
  test('mean the same after JSON', () => {
    for (const seed of seeds) {
      const frame = randomServerFrame(type, new SeededRandom(seed));
      expect(json.decodeServer(json.encodeServer(frame)), `seed ${String(seed)}`).toEqual(asReceived(frame, 'json'));
    }
  });

  test('mean the same after msgpack', () => {
    for (const seed of seeds) {
      const frame = randomServerFrame(type, new SeededRandom(seed));
      const decoded = msgpack.decodeServer(msgpack.encodeServer(frame));
      expect(decoded, `seed ${String(seed)}`).toEqual(asReceived(frame, 'msgpack'));
    }
  });
});

function keysOf<T extends object>(schema: T): (keyof T)[] {
  return Object.keys(schema) as (keyof T)[];
}

/** A decoded request with its payload as a plain value. */
function plain(frame: ClientFrame): unknown {
  return 'data' in frame ? { ...frame, data: decodePayload(frame.data) } : frame;
}

/** What a client is to make of a frame. */
function asReceived(frame: ServerFrame, encoding: 'json' | 'msgpack'): unknown {
  const values: Record<string, unknown> = { ...frame };
  if ('data' in frame) values['data'] = JSON.parse(payloadToJson(frame.data));
  if ('info' in frame) values['info'] = JSON.parse(payloadToJson(frame.info));
  if ('members' in frame && typeof frame.members === 'object') {
    values['members'] = frame.members.map(({ info, ...member }) =>
      info === undefined ? member : { ...member, info: JSON.parse(payloadToJson(info)) as unknown },
    );
  }
  if ('messages' in frame) {
    values['messages'] = frame.messages.map((bytes) => JSON.parse(messageFrameToJson(bytes)) as unknown);
  }
  if ('bids' in frame) {
    for (const name of ['bids', 'asks'] as const) {
      const { levels, priceScale, sizeScale } = frame[name];
      const decimals = levels.map(([price, size]) => [formatScaled(price, priceScale), formatScaled(size, sizeScale)]);
      values[name] = encoding === 'json' ? decimals : levels;
    }
  }
  return values;
}
