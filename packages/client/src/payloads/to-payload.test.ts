import { createCodecs, createClientCodec, decodePayload, payloadToJson } from '@outcry/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { OutcryError } from '../primitives/errors.ts';
import { anything, bytes, FORMLESS } from '../testing/arbitrary.ts';
import { toPayload } from './to-payload.ts';

const SEED = 20_261_121;
const ENCODINGS = ['json', 'msgpack'] as const;
const codecs = createCodecs();

/** What a gateway reads where a client of an encoding sends a payload: the payload's bytes, as they are relayed. */
function sent(payload: unknown, encoding: (typeof ENCODINGS)[number]): Uint8Array {
  const frame = createClientCodec(encoding).encodeClient({
    type: 'publish',
    id: 1,
    room: 'lobby',
    data: payload,
    key: 'k',
  });
  const decoded = codecs[encoding].decodeClient(typeof frame === 'string' ? new TextEncoder().encode(frame) : frame);
  if (decoded.type !== 'publish') throw new TypeError('expected the publish');
  return decoded.data;
}

function refusal(data: unknown): OutcryError {
  try {
    toPayload(data);
  } catch (error) {
    if (error instanceof OutcryError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('a payload', () => {
  it('is refused in words, or arrives as it was checked, whatever it is, in both encodings alike', () => {
    fc.assert(
      fc.property(anything, (data) => {
        let payload: unknown;
        try {
          payload = toPayload(data);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalidData' });
          expect(error).toHaveProperty('message', expect.stringMatching(/^data[^]*: expected /));
          return;
        }
        const [json, msgpack] = [sent(payload, 'json'), sent(payload, 'msgpack')];
        expect(decodePayload(msgpack)).toEqual(payload);
        // Bytes are base64 text where JSON has sent them.
        expect(payloadToJson(json)).toBe(payloadToJson(msgpack));
        expect(toPayload(payload)).toEqual(payload);
      }),
      { numRuns: 3_000, seed: SEED },
    );
  });

  it('is what JSON makes of it where it is JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (data) => {
        fc.pre(!/"__proto__"|\d{16}/.test(JSON.stringify(data)));
        expect(toPayload(data)).toEqual(JSON.parse(JSON.stringify(data)));
      }),
      { numRuns: 1_000, seed: SEED },
    );
  });

  it('has bytes where there was memory of bytes, of its own', () => {
    fc.assert(
      fc.property(bytes, ({ value, content }) => {
        const payload = toPayload({ list: [value] });
        expect(payload).toEqual({ list: [Uint8Array.from(content)] });
        expect(decodePayload(sent(payload, 'msgpack'))).toEqual(payload);
        expect(decodePayload(sent(payload, 'json'))).toEqual({ list: [Buffer.from(content).toString('base64')] });
        const memory = ArrayBuffer.isView(value) ? value.buffer : (value as ArrayBuffer);
        new Uint8Array(memory).fill(7);
        expect(payload).toEqual({ list: [Uint8Array.from(content)] });
      }),
      { numRuns: 500, seed: SEED },
    );
  });

  it.each(FORMLESS)('is refused where it is, or has in it, %s', (_, value) => {
    expect(refusal(value).message).toMatch(/^data.*: expected /);
    const wrap = fc.array(fc.oneof(fc.constantFrom('a', 'b c', 'ключ'), fc.nat(3)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(wrap, (steps) => {
        const data = steps.reduceRight((inner: unknown, step) => {
          return typeof step === 'number' ? [...Array.from({ length: step }, () => 0), inner] : { [step]: inner, z: 1 };
        }, value);
        const place = refusal(data).message.split(': expected')[0];
        const first = typeof steps[0] === 'number' ? `data[${String(steps[0])}]` : /^data(\.\w+|\["b c"\]|\.ключ)/;
        expect(place).toEqual(
          typeof first === 'string' ? expect.stringContaining(first) : expect.stringMatching(first),
        );
      }),
      { numRuns: 20, seed: SEED },
    );
  });

  it.each<[string, unknown, unknown]>([
    ['long text', 'x'.repeat(5_000), 'x'.repeat(5_000)],
    ['many entries', Array.from({ length: 300 }, (_, i) => i), Array.from({ length: 300 }, (_, i) => i)],
    ['a Buffer', Buffer.from([1, 2]), new Uint8Array([1, 2])],
    ['a date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['a URL', new URL('ws://test/'), 'ws://test/'],
    ['a toJSON with long text', { toJSON: () => 'x'.repeat(5_000) }, 'x'.repeat(5_000)],
    ['a toJSON that gives bytes', { toJSON: () => new Uint8Array([1]) }, new Uint8Array([1])],
    ['a toJSON that is given its key', { a: [{ toJSON: (key: string) => key }] }, { a: ['0'] }],
    ['a field called toJSON', { toJSON: 'text', constructor: 'a word' }, { toJSON: 'text', constructor: 'a word' }],
    ['what is undefined left out', { a: undefined, b: { toJSON: () => undefined }, c: null }, { c: null }],
    ['no prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    [
      'the fields of an instance',
      new (class {
        x = 1;
        #y = 2;
        get z() {
          return this.#y;
        }
      })(),
      { x: 1 },
    ],
    ['its own array', Object.assign([1, 2], { extra: 3 }), [1, 2]],
    ['a huge float', 1e21, 1e21],
    ['null', null, null],
  ])('has %s', (_, data, expected) => {
    expect(toPayload(data)).toEqual(expected);
    for (const encoding of ENCODINGS) expect(() => sent(toPayload(data), encoding)).not.toThrow();
  });

  it.each([
    ['nothing', undefined, 'data: expected a value, or null for none'],
    ['a hole', [1, , 3], 'data[1]: expected a value, or null for none'], // eslint-disable-line no-sparse-arrays
    ['undefined in a list', { a: [undefined] }, 'data.a[0]: expected a value, or null for none'],
    ['a Map', { a: [new Map()] }, 'data.a[0]: expected a value that JSON has, or bytes, not a Map'],
    ['NaN', { 'x y': NaN }, 'data["x y"]: expected a finite number'],
    ['floats', new Float32Array(1), 'data: expected a value that JSON has, or bytes, not a Float32Array'],
    ['a function', { f: () => 1 }, 'data.f: expected a value that JSON has, or bytes, not a function'],
  ])('without a form says where and what was expected: %s', (_, data, message) => {
    expect(refusal(data).message).toBe(message);
  });

  it('whose getter or toJSON throws is refused with the cause', () => {
    const cause = new Error('not now');
    const thrower = (): never => {
      throw cause;
    };
    expect(refusal({ a: { toJSON: thrower } })).toMatchObject({ code: 'invalidData', cause });
    expect(
      refusal({
        get a() {
          return thrower();
        },
      }),
    ).toMatchObject({ code: 'invalidData', cause });
  });

  it('is read once: what was checked is what is sent', () => {
    let reads = 0;
    const shifty = {
      get value() {
        reads += 1;
        return reads === 1 ? 'checked' : NaN;
      },
    };
    expect(toPayload(shifty)).toEqual({ value: 'checked' });
  });
});
