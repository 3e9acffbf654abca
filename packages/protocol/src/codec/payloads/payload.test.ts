import { describe, expect, test } from 'vitest';

import { createCodecs, decodePayload, encodePayload, payloadToJson } from '../../index.ts';

describe('a payload', () => {
  test.each([
    [0, '00'],
    [127, '7f'],
    [128, 'cc80'],
    [65_536, 'ce00010000'],
    [-32, 'e0'],
    [-33, 'd0df'],
    [-128, 'd080'],
    [-129, 'd1ff7f'],
    [-32_769, 'd2ffff7fff'],
    [-2_147_483_649, 'd3ffffffff7fffffff'],
    [1.5, 'cb3ff8000000000000'],
    [2 ** 53, 'cb4340000000000000'],
    ['', 'a0'],
    [{}, '80'],
    [[], '90'],
    [[undefined], '91c0'],
    [[NaN, Infinity, -Infinity], '93c0c0c0'],
    [{ toJSON: 1 }, '81a6746f4a534f4e01'],
    [{ a: undefined, b: 1 }, '81a16201'],
    [Object.fromEntries(Array.from({ length: 16 }, (_, i) => [String.fromCharCode(97 + i), i])), /^de0010a16100a16201/],
    [new Uint8Array([1, 2]), 'c4020102'],
    [new Date(0), 'b8313937302d30312d30315430303a30303a30302e3030305a'],
  ])('%j is written in its shortest form', (value, hex) => {
    const written = Buffer.from(encodePayload(value)).toString('hex');
    if (typeof hex === 'string') expect(written).toBe(hex);
    else expect(written).toMatch(hex);
  });

  test.each([[() => undefined], [Symbol('s')], [1n], [undefined]])('cannot be %s', (value) => {
    expect(() => encodePayload(value)).toThrow(TypeError);
  });

  test('is read whatever form its numbers have', () => {
    expect(decodePayload(Buffer.from('95cf0000000000000005d3ffffffffffffffffca3fc00000cc05d0fb', 'hex'))).toEqual([
      5, -1, 1.5, 5, -5,
    ]);
  });

  test('has base64 for binary values in JSON, also in a request', () => {
    const data = { file: new Uint8Array([0xff, 0x00]), list: [Buffer.of(1)] };
    expect(payloadToJson(encodePayload(data))).toBe('{"file":"/wA=","list":["AQ=="]}');
    expect(createCodecs().json.encodeClient({ type: 'publish', room: 'a', data })).toBe(
      '{"type":"publish","room":"a","data":{"file":"/wA=","list":["AQ=="]}}',
    );
  });

  test('keeps the last of duplicate keys in JSON', () => {
    expect(payloadToJson(Buffer.of(0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2))).toBe('{"a":2}');
  });

  test('is a copy of its own', () => {
    const first = encodePayload('first');
    encodePayload('other');
    expect(decodePayload(first)).toBe('first');
  });

  test('may be larger than what the writer begins with', () => {
    const large = Array.from({ length: 200 }, (_, index) => `${String(index)} ${'é'.repeat(100)}`);
    expect(decodePayload(encodePayload(large))).toEqual(large);
  });
});
