import { describe, expect, test } from 'vitest';

import { createCodecs, RequestError } from '../index.ts';
import { encodePayload } from './payloads/encode-payload.ts';

const { json, msgpack } = createCodecs();

/** The document's table of requests, for frames with bad fields. */
const LAYOUTS: Record<string, { tag: number; fields: readonly string[] }> = {
  auth: { tag: 1, fields: ['id', 'token'] },
  join: { tag: 2, fields: ['id', 'room', 'since', 'history', 'echo', 'presence'] },
  publish: { tag: 4, fields: ['id', 'room', 'data', 'key'] },
  signal: { tag: 5, fields: ['id', 'room', 'name', 'data'] },
  history: { tag: 7, fields: ['id', 'room', 'before', 'limit'] },
  subscribe: { tag: 8, fields: ['id', 'symbol', 'depth', 'interval', 'symbols', 'checksum'] },
  ping: { tag: 11, fields: ['id'] },
};

type Request = Readonly<Record<string, unknown>> & { readonly type: string };

const ENCODINGS = {
  json: (request: Request) => () => json.decodeClient(Buffer.from(JSON.stringify(request))),
  msgpack: (request: Request) => () => {
    const { tag, fields } = LAYOUTS[request.type] ?? { tag: 99, fields: ['id'] };
    const { since, ...rest } = request;
    const position = typeof since === 'object' && since !== null ? Object.values(since) : since;
    const values: Record<string, unknown> = { ...rest, since: position };
    const elements = fields.map((name) => values[name] ?? null);
    // A payload of nil is a payload: only one that is left off is missing.
    while (elements.length > 0 && elements.at(-1) === null) elements.pop();
    return msgpack.decodeClient(encodePayload([tag, ...elements]));
  },
};

const join = { type: 'join', room: 'lobby' };
const publish = { type: 'publish', room: 'lobby', data: 1 };
const subscribe = { type: 'subscribe', symbol: 'BTCUSDT', depth: 10, interval: 100 };

describe.each(Object.entries(ENCODINGS))('%s', (_, decode) => {
  test.each([
    ['auth without a token', 'token', { type: 'auth' }],
    ['an empty token', 'token', { type: 'auth', token: '' }],
    ['a token of 4097 bytes', 'token', { type: 'auth', token: 'x'.repeat(4097) }],
    ['a token of 4098 bytes in 2049 characters', 'token', { type: 'auth', token: 'é'.repeat(2049) }],
    ['join without a room', 'room', { type: 'join' }],
    ['an empty room', 'room', { ...join, room: '' }],
    ['a room of 129 characters', 'room', { ...join, room: 'x'.repeat(129) }],
    ['a room with a star', 'room', { ...join, room: 'a*' }],
    ['a room of 65 characters of two bytes', 'room', { ...join, room: 'é'.repeat(65) }],
    ['a room that is not in NFC', 'room', { ...join, room: 'e\u0301' }],
    ['a room that turns text around', 'room', { ...join, room: 'a\u202eb' }],
    ['a room with a space at its end', 'room', { ...join, room: 'a ' }],
    ['a room with a line feed', 'room', { ...join, room: 'lobby\n' }],
    ['a room with a byte order mark', 'room', { ...join, room: '\ufefflobby' }],
    ['an inbox of nobody', 'room', { ...join, room: '@' }],
    ['an inbox of 129 characters', 'room', { ...join, room: `@${'x'.repeat(129)}` }],
    ['a room that is a number', 'room', { ...join, room: 7 }],
    ['a room that is an array', 'room', { ...join, room: ['lobby'] }],
    ['since that is a number', 'since', { ...join, since: 7 }],
    ['since with a fraction', 'since', { ...join, since: { epoch: 'e', seq: 1.5 } }],
    ['since with a negative seq', 'since', { ...join, since: { epoch: 'e', seq: -1 } }],
    ['since with a number as epoch', 'since', { ...join, since: { epoch: 1, seq: 1 } }],
    ['a history of a fraction', 'history', { ...join, history: 0.5 }],
    ['a negative history', 'history', { ...join, history: -1 }],
    ['a history that is a string', 'history', { ...join, history: '5' }],
    ['an echo that is a number', 'echo', { ...join, echo: 1 }],
    ['a presence that is a string', 'presence', { ...join, presence: 'yes' }],
    ['publish without data', 'data', { type: 'publish', room: 'lobby' }],
    ['an empty key', 'key', { ...publish, key: '' }],
    ['a key of 65 characters', 'key', { ...publish, key: 'k'.repeat(65) }],
    ['a key with a space', 'key', { ...publish, key: 'a b' }],
    ['a key beyond ASCII', 'key', { ...publish, key: 'é' }],
    ['signal without a name', 'name', { type: 'signal', room: 'lobby' }],
    ['a name that starts with a capital', 'name', { type: 'signal', room: 'lobby', name: 'Typing' }],
    ['a name of 33 characters', 'name', { type: 'signal', room: 'lobby', name: 'n'.repeat(33) }],
    ['history without a limit', 'limit', { type: 'history', room: 'lobby' }],
    ['a symbol with a space', 'symbol', { ...subscribe, symbol: 'BTC USDT' }],
    ['a symbol of 129 characters', 'symbol', { ...subscribe, symbol: 'S'.repeat(129) }],
    ['a depth that is a string', 'depth', { ...subscribe, depth: '10' }],
    ['a symbol that is a list', 'symbol', { ...subscribe, symbol: ['BTCUSDT'] }],
    ['symbols that are one text', 'symbols', { ...subscribe, symbols: 'BTCUSDT' }],
    ['no symbols', 'symbols', { ...subscribe, symbols: [] }],
    ['101 symbols', 'symbols', { ...subscribe, symbols: Array.from({ length: 101 }, () => 'S') }],
    ['a number among the symbols', 'symbols', { ...subscribe, symbols: ['BTCUSDT', 7] }],
    ['a checksum that is a number', 'checksum', { ...subscribe, checksum: 1 }],
    ['subscribe without an interval', 'interval', { type: 'subscribe', symbol: 'BTCUSDT', depth: 10 }],
  ])('answers %s with badRequest, names the field and keeps the id', (_case, field, request) => {
    for (const id of [7, 'seven', undefined]) {
      const error = errorOf(decode({ ...request, ...(id === undefined ? {} : { id }) }));
      expect(error).toMatchObject({ code: 'badRequest', id });
      expect(error.message).toMatch(new RegExp(`^${field}: expected `));
    }
  });

  test.each([
    ['a fraction', 1.5],
    ['negative', -1],
    ['a float past 2^53', 1e21],
    ['a string of 65 bytes', 'x'.repeat(65)],
    ['a string of 22 characters and 66 bytes', '€'.repeat(22)],
    ['a boolean', true],
    ['an array', [1]],
  ])('answers an id that is %s with badRequest, without an id', (_case, id) => {
    expect(errorOf(decode({ type: 'ping', id }))).toMatchObject({ code: 'badRequest', id: undefined });
  });

  test.each([[0], [2 ** 53 - 1], [''], ['x'.repeat(64)], ['€'.repeat(21)]])('takes the id %j', (id) => {
    expect(decode({ type: 'ping', id })()).toEqual({ type: 'ping', id });
  });

  test('takes 100 symbols, also names that are none: they fail one by one', () => {
    const symbols = ['btc usdt', '', '€', ...Array.from({ length: 97 }, (_, i) => `S${String(i)}`)];
    expect(decode({ type: 'subscribe', depth: 1, interval: 0, symbols })()).toMatchObject({ symbols });
  });

  test('takes tokens up to 4096 bytes', () => {
    expect(decode({ type: 'auth', token: 'x'.repeat(4096) })()).toMatchObject({ type: 'auth' });
  });

  test.each([[7], ['seven'], [undefined]])('answers an unknown type with unknownType and keeps the id %j', (id) => {
    const error = errorOf(decode({ type: 'teleport', ...(id === undefined ? {} : { id }) }));
    expect(error).toMatchObject({ code: 'unknownType', id });
  });

  test('treats null as absent, except for data', () => {
    expect(decode({ ...join, id: null, since: null, history: null, echo: null, presence: null })()).toEqual(join);
    expect(errorOf(decode({ type: 'join', room: null }))).toMatchObject({ code: 'badRequest' });
  });
});

describe.each(Object.entries(ENCODINGS))('a refusal in %s', (_, decode) => {
  test('says what was expected', () => {
    const { message } = errorOf(decode({ ...publish, key: 'a b' }));
    expect(message).toBe('key: expected printable ASCII without spaces (64 at most)');
  });
});

describe('JSON', () => {
  test.each([
    ['an id', 'id', { type: 'ping', id: 'a\ud83d' }],
    ['a token', 'token', { type: 'auth', token: '\ude00' }],
    ['a room', 'room', { ...join, room: 'a\ud83d' }],
    ['an epoch', 'since', { ...join, since: { epoch: '\ud83d', seq: 1 } }],
    ['one of the symbols', 'symbols', { ...subscribe, symbols: ['BTCUSDT', '\ud83d'] }],
  ])('answers half a surrogate pair in %s with badRequest', (_case, field, request) => {
    const error = errorOf(ENCODINGS.json(request));
    expect(error).toMatchObject({ code: 'badRequest', id: undefined });
    expect(error.message).toMatch(new RegExp(`^${field}: expected `));
  });

  test('quotes no more than the start of a type that it does not know', () => {
    expect(errorOf(ENCODINGS.json({ type: 'x'.repeat(10_000) })).message).toMatch(/^type "x{32}" is not/);
  });

  test('treats null as a payload', () => {
    const decodeText = (text: string): unknown => json.decodeClient(Buffer.from(text));
    const data = Buffer.of(0xc0);
    expect(decodeText('{"type":"publish","room":"a","data":null}')).toMatchObject({ data: new Uint8Array(data) });
    expect(decodeText('{"type":"signal","room":"a","name":"n","data":null}')).toMatchObject({
      data: new Uint8Array(data),
    });
  });

  test('ignores fields that it does not know', () => {
    const text = '{"type":"ping","id":1,"extra":{"__proto__":[[[[[[[[[[1]]]]]]]]]]},"room":7}';
    expect(json.decodeClient(Buffer.from(text))).toEqual({ type: 'ping', id: 1 });
  });
});

describe('msgpack', () => {
  test('treats nil as a payload where one is required', () => {
    expect(msgpack.decodeClient(Buffer.of(0x94, 4, 0xc0, 0xa1, 0x61, 0xc0))).toMatchObject({ data: Buffer.of(0xc0) });
  });

  test('ignores elements past the known ones', () => {
    expect(msgpack.decodeClient(Buffer.of(0x94, 11, 1, 0x91, 0x80, 0xc3))).toEqual({ type: 'ping', id: 1 });
  });

  test('takes nil for absent fields at the end, too', () => {
    const bytes = Buffer.from('9702c0a161c0c0c0c0', 'hex');
    expect(msgpack.decodeClient(bytes)).toEqual({ type: 'join', room: 'a' });
  });
});

describe.each([
  ['JSON', json, (request: Request) => Buffer.from(JSON.stringify(request))],
  [
    'msgpack',
    msgpack,
    ({ type, id, room }: Request) =>
      encodePayload([LAYOUTS[type]?.tag ?? 99, ...[id, room].filter((value) => value !== undefined)]),
  ],
] as const)('the id of a frame in %s that is not looked at further', (_, codec, encode) => {
  test.each([[7], ['seven'], [undefined]])('is %j, however bad the rest of the frame is', (id) => {
    expect(codec.readId(encode({ type: 'ping', id }))).toBe(id);
    expect(codec.readId(encode({ type: 'teleport', id }))).toBe(id);
    if (id !== undefined) expect(codec.readId(encode({ type: 'join', id, room: 'a*' }))).toBe(id);
  });

  test('is none where it is bad, or what there is is no frame', () => {
    expect(codec.readId(encode({ type: 'ping', id: -1 }))).toBeUndefined();
    for (const bytes of [
      Buffer.of(),
      Buffer.of(0xc1),
      Buffer.from('[7]'),
      Buffer.of(0x92, 11),
      Buffer.of(0x91, 11, 7),
      Buffer.of(0x92, 11, 0xa2, 0x61),
    ]) {
      expect(codec.readId(bytes)).toBeUndefined();
    }
  });
});

function errorOf(decode: () => unknown): RequestError {
  try {
    decode();
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
  throw new Error('the request was not refused');
}
