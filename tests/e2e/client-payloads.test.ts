import { type Client, connect, encryptWith, keyFromBytes, type Room } from '@outcry/client';
import { type GatewayProcess, startStandalone, UNLIMITED } from '@outcry/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const ENCODINGS = ['json', 'msgpack'] as const;
const POLL = { timeout: 20_000, interval: 20 };
const BYTES = Uint8Array.from({ length: 5_000 }, (_, i) => i % 251);
const BASE64 = Buffer.from(BYTES).toString('base64');

/** What is published, and what a member sees who has bytes. */
const PAYLOADS: readonly (readonly [what: string, data: unknown, seen: unknown])[] = [
  ['5,000 characters', 'ж'.repeat(5_000), 'ж'.repeat(5_000)],
  ['300 numbers', Array.from({ length: 300 }, (_, i) => i / 2), Array.from({ length: 300 }, (_, i) => i / 2)],
  ['70 keys', Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`k${String(i)}`, i])), undefined],
  ['nesting of 32', JSON.parse(`${'['.repeat(32)}${']'.repeat(32)}`), undefined],
  ['a toJSON with long text behind it', { note: { toJSON: () => 'x'.repeat(5_000) } }, { note: 'x'.repeat(5_000) }],
  ['a field called toJSON', { toJSON: 'text', constructor: 'word' }, undefined],
  ['a date, and what is undefined', { at: new Date(0), gone: undefined }, { at: '1970-01-01T00:00:00.000Z' }],
  ['bytes', { file: BYTES }, undefined],
  ['an ArrayBuffer', { file: BYTES.buffer }, { file: BYTES }],
  ['a view of bytes', { file: new DataView(BYTES.buffer, 0, 5_000) }, { file: BYTES }],
];
const REFUSED: readonly (readonly [what: string, data: unknown])[] = [
  ['a Map', { list: [new Map()] }],
  ['NaN', { n: NaN }],
  ['a function', { f: () => 1 }],
  ['a key behind toJSON that leads to the prototype', { toJSON: (): unknown => JSON.parse('{"__proto__":{"a":1}}') }],
  ['nesting of 33', JSON.parse(`${'['.repeat(33)}${']'.repeat(33)}`)],
  ['floats', new Float64Array(3)],
];

describe.each(ENCODINGS)('payloads of a client, %s', (encoding) => {
  const open: Client[] = [];
  let standalone: GatewayProcess;
  beforeAll(async () => {
    standalone = await startStandalone(UNLIMITED);
  });
  afterEach(() => {
    for (const client of open.splice(0)) client.close();
  });
  afterAll(() => standalone[Symbol.asyncDispose]());

  function start(other: (typeof ENCODINGS)[number]): Client {
    const client = connect(standalone.url, { encoding: other, maxFramesPerSecond: 0 });
    open.push(client);
    return client;
  }

  function collect(room: Room): unknown[] {
    const seen: unknown[] = [];
    void (async () => {
      for await (const { data } of room) seen.push(data);
    })();
    return seen;
  }

  it('arrive as they were checked, with bytes as bytes, or as base64 where JSON is on the way', async () => {
    const speaker = start(encoding);
    const members = ENCODINGS.map((other) => start(other).join('payloads', { history: 0 }));
    const seen = members.map(collect);
    const room = speaker.join('payloads', { history: 0, onEvent: () => undefined });
    await Promise.all([room, ...members].map(({ joined }) => joined));
    for (const [, data] of PAYLOADS) await room.publish(data);
    for (const list of seen) await expect.poll(() => list.length, POLL).toBe(PAYLOADS.length);
    PAYLOADS.forEach(([what, data, expected = data], index) => {
      const asText: unknown = JSON.parse(
        JSON.stringify(expected, (_, value: unknown) => (value instanceof Uint8Array ? BASE64 : value)),
      );
      expect(seen[0]?.[index], `${what}, seen in JSON`).toEqual(asText);
      expect(seen[1]?.[index], `${what}, seen in msgpack`).toEqual(encoding === 'json' ? asText : expected);
    });
  });

  it.each(REFUSED)('without a form are refused before they are sent, and the session goes on: %s', async (_, data) => {
    const client = start(encoding);
    const room = client.join('refused', { history: 0, onEvent: () => undefined });
    await room.joined;
    await expect(room.publish(data)).rejects.toMatchObject({ code: 'invalidData' });
    await expect(client.send('bob', data)).rejects.toMatchObject({ code: 'invalidData' });
    expect(() => room.signal('typing', data)).toThrow(/^data.*: expected/);
    await expect(room.publish('and on')).resolves.toMatchObject({ epoch: room.position?.epoch });
    expect(client.status.state).toBe('connected');
  });

  it('that are sealed have bytes as base64, whatever they travel in', async () => {
    const encryption = encryptWith({ current: await keyFromBytes('k', new Uint8Array(32).fill(3)) });
    const room = start(encoding).join('sealed', { encryption, history: 0 });
    const seen = collect(room);
    await room.joined;
    await room.publish({ file: BYTES, at: new Date(0) });
    await expect.poll(() => seen, POLL).toEqual([{ file: BASE64, at: '1970-01-01T00:00:00.000Z' }]);
    await expect(room.publish({ n: NaN })).rejects.toMatchObject({ code: 'invalidData' });
  });
});
