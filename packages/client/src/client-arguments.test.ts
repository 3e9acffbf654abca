import { Encoding, payloadToJson, encodePayload } from '@outcry/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { Client } from './client.ts';
import { connect } from './connect.ts';
import type { ConnectOptions } from './connection/options.ts';
import { OutcryError } from './primitives/errors.ts';
import { anything } from './testing/arbitrary.ts';
import { ClientHarness } from './testing/client-harness.ts';
import { FakePlatform } from './testing/fake-platform.ts';

const SEED = 20_261_121;
const ENCODINGS = [Encoding.Json, Encoding.Msgpack] as const;
/** What refusals look like: which argument, what was expected, and what was not. */
const REFUSAL = /^[\w.]+: expected [^]+, not [^]+/;

type Call = (client: Client, given: unknown) => unknown;

/** Every argument of every public method, by what the argument is called in a refusal. */
const ARGUMENTS: readonly (readonly [what: string, name: string, call: Call])[] = [
  ['client.join', 'room', (client, given) => client.join(given as string)],
  ['client.join', 'options', (client, given) => client.join('r', given as object)],
  ...['history', 'echo', 'presence', 'since', 'schema', 'encryption', 'onMessage', 'onEvent'].map(
    (name) => ['client.join', name, (client: Client, given: unknown) => client.join('r', { [name]: given })] as const,
  ),
  ['client.inbox', 'history', (client, given) => client.inbox({ history: given } as object)],
  ['client.announcements', 'since', (client, given) => client.announcements({ since: given } as object)],
  ['client.send', 'user', (client, given) => client.send(given as string, 'x')],
  ['client.send', 'key', (client, given) => client.send('bob', 'x', { key: given } as object)],
  ['client.send', 'timeoutMs', (client, given) => client.send('bob', 'x', { timeoutMs: given } as object)],
  ['client.send', 'encryption', (client, given) => client.send('bob', 'x', { encryption: given } as object)],
  ['client.send', 'options', (client, given) => client.send('bob', 'x', given as object)],
  ['client.signal', 'user', (client, given) => client.signal(given as string, 'typing')],
  ['client.signal', 'name', (client, given) => client.signal('bob', given as string)],
  [
    'client.onRoom',
    'handler',
    (client, given) => {
      client.onRoom(given as () => void);
    },
  ],
  ['client.call', 'method', (client, given) => client.call(given as string)],
  ['client.book', 'symbol', (client, given) => client.book(given as string)],
  ['client.book', 'options', (client, given) => client.book('BTCUSDT', given as object)],
  ...['depth', 'interval', 'checksum', 'onChange'].map(
    (name) => ['client.book', name, (client: Client, given: unknown) => client.book('BTC', { [name]: given })] as const,
  ),
  ['room.publish', 'key', (client, given) => client.join('r').publish('x', { key: given } as object)],
  ['room.publish', 'timeoutMs', (client, given) => client.join('r').publish('x', { timeoutMs: given } as object)],
  ['room.publish', 'traceparent', (client, given) => client.join('r').publish('x', { traceparent: given } as object)],
  ['room.publish', 'options', (client, given) => client.join('r').publish('x', given as object)],
  ['room.signal', 'name', (client, given) => client.join('r').signal(given as string)],
  ['room.history', 'before', (client, given) => client.join('r').history({ before: given } as object)],
  ['room.history', 'limit', (client, given) => client.join('r').history({ limit: given } as object)],
  ['room.history', 'options', (client, given) => client.join('r').history(given as object)],
];
/** Wrong wherever they stand: no argument is one of these. */
const WRONG: readonly unknown[] = [
  null,
  NaN,
  Infinity,
  -1,
  7.5,
  2 ** 53,
  1n,
  Symbol('s'),
  '',
  'x'.repeat(5_000),
  '\n',
  ['a'],
];
const isRightThere = (name: string, value: unknown): boolean =>
  (name === 'options' && Array.isArray(value)) ||
  (name === 'timeoutMs' && value === 7.5) ||
  // Whether it is one is seen by whoever acts on it: what is none is ignored.
  (name === 'traceparent' && (value === '' || value === '\n'));

async function outcomeOf(client: Client, call: Call, given: unknown): Promise<OutcryError | 'taken'> {
  try {
    const result = call(client, given);
    if (!(result instanceof Promise)) return 'taken';
    // What waits for an answer was taken.
    return await Promise.race([result.then(() => 'taken' as const), Promise.resolve().then(() => settled())]);
  } catch (error) {
    if (error instanceof OutcryError) return error;
    throw error;
  }
}

async function settled(): Promise<'taken'> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
  return 'taken';
}

let harnesses: ClientHarness[] = [];

function start(options: ConnectOptions = {}): ClientHarness {
  const harness = new ClientHarness(options);
  harnesses.push(harness);
  return harness;
}

afterEach(() => {
  for (const harness of harnesses) harness.end();
  harnesses = [];
});

describe('an argument', () => {
  it.each(ARGUMENTS)('is refused at the call, in the same words in both encodings: %s, %s', async (_, name, call) => {
    for (const given of WRONG.filter((each) => !isRightThere(name, each))) {
      const [json, msgpack] = await Promise.all(
        ENCODINGS.map((encoding) => outcomeOf(start({ encoding }).client, call, given)),
      );
      expect(json, String(given)).toMatchObject({ code: 'badRequest' });
      expect(json).toHaveProperty('message', expect.stringMatching(REFUSAL));
      expect(json).toHaveProperty('message', expect.stringMatching(new RegExp(`^${name}: `)));
      expect(json).toEqual(msgpack);
    }
  });

  it.each(ARGUMENTS.filter(([, name]) => !['room', 'user', 'symbol', 'name', 'method', 'handler'].includes(name)))(
    'that is undefined is absent: %s, %s',
    async (_, _name, call) => {
      expect(await outcomeOf(start().client, call, undefined)).toBe('taken');
    },
  );

  it.each(ARGUMENTS)('is taken or refused alike, and what is sent a gateway takes: %s, %s', async (_, _name, call) => {
    await fc.assert(
      fc.asyncProperty(anything, async (given) => {
        const outcomes = await Promise.all(
          ENCODINGS.map(async (encoding) => {
            const harness = new ClientHarness({ encoding });
            const outcome = await outcomeOf(harness.client, call, given);
            await harness.goLiveAnswering('join');
            const { sent } = harness.socket;
            harness.end();
            // Keys are made anew for each call.
            return [outcome, payloadToJson(encodePayload(sent.map(({ ...frame }) => ({ ...frame, key: '' }))))];
          }),
        );
        expect(outcomes[0]).toEqual(outcomes[1]);
        if (outcomes[0]?.[0] !== 'taken') expect(outcomes[0]?.[0]).toMatchObject({ code: 'badRequest' });
      }),
      { numRuns: 60, seed: SEED },
    );
  });

  it('of one call does not spoil the next: a client of the same program sends as before', async () => {
    const [bad, good] = [start({ encoding: 'msgpack' }), start({ encoding: 'msgpack' })];
    const room = bad.client.join('a');
    await expect(room.publish('x', { key: 123 } as object)).rejects.toMatchObject({ code: 'badRequest' });
    expect(() => bad.client.signal('bob', 5 as never)).toThrow('name: expected');
    expect(() => bad.client.book(5 as never)).toThrow('symbol: expected');
    await good.goLiveAnswering('join', 'publish', 'ping');
    await expect(good.client.send('bob', 'x')).resolves.toMatchObject({ epoch: 'e' });
  });
});

describe('a request that cannot be encoded', () => {
  it('fails by itself, so that nobody waits for its answer', async () => {
    const { client } = start({ encoding: 'msgpack' });
    let reads = 0;
    const since = {
      epoch: 'e',
      get seq() {
        reads += 1;
        return reads === 1 ? 1 : NaN;
      },
    };
    const room = client.join('lobby', { since });
    const book = client.book('BTCUSDT');
    await harnesses[0]?.goLive();
    await expect(room.joined).rejects.toMatchObject({ code: 'badRequest' });
    expect(book.status).toBe('loading');
    expect(client.status.state).toBe('connected');
  });
});

describe('an address', () => {
  it.each(['ws://test:1337/ws', 'wss://test/ws?token=x', 'http://test/ws', new URL('https://test/ws#part')])(
    'is taken: %s',
    (url) => {
      const platform = new FakePlatform();
      let opened = '';
      const webSocket = (address: string, protocols: string[]) => {
        opened = address;
        return platform.openSocket(address, protocols);
      };
      new Client(url, { webSocket }, platform).close();
      expect(opened).toBe(String(url).replace('http', 'ws').replace('#part', ''));
    },
  );

  it.each([
    ['nonsense'],
    ['localhost:1337'],
    ['ftp://test/ws'],
    ['ws://'],
    ['/ws'],
    [''],
    [null],
    [5],
    [{}],
    [undefined],
  ])('is refused at the call: %s', (url) => {
    expect(() => connect(url as string)).toThrow(/^url: expected ws:/);
  });

  it('may be relative to the page', () => {
    vi.stubGlobal('location', { href: 'https://shop.example/a/b.html?x=1' });
    const platform = new FakePlatform();
    let opened = '';
    const webSocket = (address: string, protocols: string[]) => {
      opened = address;
      return platform.openSocket(address, protocols);
    };
    new Client('/ws', { webSocket }, platform).close();
    vi.unstubAllGlobals();
    expect(opened).toBe('wss://shop.example/ws');
  });
});

describe('a platform without a WebSocket', () => {
  it('ends the client, which says what to give it', () => {
    vi.stubGlobal('WebSocket', undefined);
    const { status } = connect('ws://test/ws', { webSocket: undefined });
    vi.unstubAllGlobals();
    expect(status).toMatchObject({ state: 'closed', error: { code: 'noSocket' } });
    expect(status).toHaveProperty('error.message', expect.stringContaining('give a `webSocket` option'));
  });
});
