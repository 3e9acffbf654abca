import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Client } from '../client.ts';
import { OutcryError } from '../primitives/errors.ts';
import { anything } from '../testing/arbitrary.ts';
import { ClientHarness } from '../testing/client-harness.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import type { FakeSocket } from '../testing/fake-socket.ts';
import { type ConnectOptions, toSettings } from './options.ts';

const SEED = 20_261_121;
const NAMES = Object.keys({
  ...{ token: 0, encoding: 0, webSocket: 0, onStatus: 0, requestTimeoutMs: 0, publishTimeoutMs: 0 },
  ...{ maxPendingRequests: 0, maxBufferedEvents: 0, maxFramesPerSecond: 0, backoff: 0, connectTimeoutMs: 0 },
  ...{ pingAfterMs: 0, pongTimeoutMs: 0 },
} satisfies Record<keyof ConnectOptions, 0>) as (keyof ConnectOptions)[];
/** Jitter of a fake platform is one half, and an attempt of it takes no time. */
const MOST_ATTEMPTS = 3_000 / (50 / 2) + 1;

const number = fc.oneof(
  fc.double({ noDefaultInfinity: false }),
  fc.integer({ min: -2, max: 300_000 }),
  fc.constantFrom(0, 0.5, 1, 49, 50),
);
const option = fc.oneof({ weight: 3, arbitrary: number }, anything, fc.constant(undefined));
/** Options as programs without types may give them: of each kind something, right or wrong. */
const someOptions = fc.record(
  {
    ...Object.fromEntries(NAMES.map((name) => [name, option])),
    encoding: fc.oneof(option, fc.constantFrom('json', 'msgpack')),
    token: fc.oneof(
      option,
      fc.string(),
      fc.constantFrom('ann', () => 'bob'),
    ),
    onStatus: fc.oneof(
      option,
      fc.constant(() => undefined),
    ),
    backoff: fc.oneof(option, fc.record({ baseMs: option, maxMs: option }, { requiredKeys: [] })),
  },
  { requiredKeys: [] },
);
/** One option at a time among right ones, so that not all of them are refused. */
const fewOptions = fc
  .constantFrom(...NAMES)
  .chain((name) => someOptions.map((all) => ({ [name]: (all as Partial<Record<string, unknown>>)[name] })));

async function welcome({ socket, platform }: { socket: FakeSocket; platform: FakePlatform }): Promise<void> {
  socket.open();
  socket.welcome({ at: platform.now() });
  const auth = socket.of('auth')[0];
  if (auth?.id !== undefined) socket.receive({ type: 'ack', id: auth.id, user: 'ann' });
  await platform.pass(0);
}

describe('options', () => {
  it('are refused in words, or make a client that connects, asks and does not storm, whatever they are', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(fewOptions, someOptions), async (given) => {
        const platform = new FakePlatform();
        const options = { ...given, webSocket: platform.openSocket } as ConnectOptions;
        let client: Client;
        try {
          client = new Client('ws://test/ws', options, platform);
        } catch (error) {
          expect(error).toBeInstanceOf(OutcryError);
          expect(error).toMatchObject({ code: 'badRequest' });
          expect(error).toHaveProperty('message', expect.stringMatching(/^[\w.]+: expected .+, not/));
          const [, name = ''] = /^(\w+)/.exec((error as OutcryError).message) ?? [];
          expect(given).toHaveProperty(name, expect.not.toBeOneOf([undefined]));
          expect(platform.sockets).toEqual([]);
          return;
        }
        taken += 1;
        await platform.pass(0);
        await welcome({ socket: platform.socket, platform });
        expect(client.status.state).toBe('connected');
        const asked = client.ping();
        asked.catch(() => undefined);
        expect(platform.socket.of('ping')).toHaveLength(1);
        platform.isOffline = true;
        platform.socket.lose(1006);
        const { length } = platform.sockets;
        await platform.pass(3_000);
        expect(platform.sockets.length - length).toBeLessThanOrEqual(MOST_ATTEMPTS);
        client.close();
        expect([platform.timers, platform.watchers]).toEqual([0, 0]);
      }),
      { numRuns: 1_000, seed: SEED },
    );
    expect(taken).toBeGreaterThan(200);
  });

  it('that are undefined are absent, each of them', () => {
    const defaults = toSettings({});
    expect(toSettings(Object.fromEntries(NAMES.map((name) => [name, undefined])))).toEqual(defaults);
    expect(toSettings({ backoff: { baseMs: undefined, maxMs: undefined } })).toEqual(defaults);
  });

  it('of the waits between attempts have each a default of its own', () => {
    const { backoff } = toSettings({});
    expect(toSettings({ backoff: { baseMs: 200 } }).backoff).toEqual({ ...backoff, baseMs: 200 });
    expect(toSettings({ backoff: { maxMs: 200 } }).backoff).toEqual({ ...backoff, maxMs: 200 });
  });

  it.each<[keyof ConnectOptions, unknown, string]>([
    ['backoff', 500, 'backoff: expected an object: baseMs, maxMs, not 500'],
    ['backoff', { baseMs: 0 }, 'backoff.baseMs: expected milliseconds, 50 or more, not 0'],
    ['backoff', { maxMs: NaN }, 'backoff.maxMs: expected milliseconds, 50 or more, not NaN'],
    ['encoding', 'xml', 'encoding: expected json or msgpack, not "xml"'],
    ['token', { sub: 'ann' }, 'token: expected text of 1 to 4,096 bytes, or a function that gives it, not object'],
    ['token', '', 'token: expected text of 1 to 4,096 bytes, or a function that gives it, not string'],
    ['webSocket', null, 'webSocket: expected a function, not null'],
    ['maxFramesPerSecond', 0.5, 'maxFramesPerSecond: expected a number from 1 up, or 0 for no limit, not 0.5'],
    ['maxPendingRequests', '5', 'maxPendingRequests: expected a whole number from 1 up, not "5"'],
    ['requestTimeoutMs', Infinity, 'requestTimeoutMs: expected milliseconds, more than 0, not Infinity'],
    [
      'publishTimeoutMs',
      240_001,
      'publishTimeoutMs: expected milliseconds, more than 0 and at most 240000, not 240001',
    ],
  ])('that are none are refused: %s', (name, value, message) => {
    expect(() => toSettings({ [name]: value })).toThrow(message);
  });

  it('do not show a token in what is said of it', () => {
    const secret = 'eyJhbGciOiJIUzI1NiJ9.'.repeat(300);
    expect(() => toSettings({ token: secret })).toThrow(expect.not.stringContaining('eyJ'));
  });
});

describe('a token function', () => {
  it.each([undefined, null])(
    'that gives %s has said that nobody is logged in any more: the client ends',
    async (none) => {
      const harness = new ClientHarness({ token: () => none });
      await harness.platform.pass(0);
      expect(harness.platform.sockets).toEqual([]);
      expect(harness.client.status).toMatchObject({
        state: 'closed',
        error: { code: 'unauthenticated', message: 'logged out: the token function gave none' },
      });
      await expect(harness.client.ping()).rejects.toMatchObject({ code: 'unauthenticated' });
      harness.end();
    },
  );

  it('ends a client that is connected with the next token that is none', async () => {
    const tokens = ['ann', undefined];
    const harness = new ClientHarness({ token: async () => Promise.resolve(tokens.shift()), pingAfterMs: 1e9 });
    await harness.goLive({ expiresAt: harness.platform.now() + 100_000, heartbeatMs: 1e9 });
    expect(harness.client.status).toMatchObject({ state: 'connected' });
    await harness.platform.pass(80_000);
    expect(harness.client.status).toMatchObject({ state: 'closed', error: { code: 'unauthenticated' } });
    harness.end();
  });

  it.each([
    ['an object', { token: 'ann' }, 'token: expected text of 1 to 4,096 bytes, not object'],
    ['a number', 5, 'token: expected text of 1 to 4,096 bytes, not number'],
    ['no text', '', 'token: expected text of 1 to 4,096 bytes, not string'],
    ['too much text', 'x'.repeat(4_097), 'token: expected text of 1 to 4,096 bytes, not string'],
  ])('that gives %s has failed, which the status says, and is asked again', async (_, given, message) => {
    let isWrong = true;
    const token = (): string => (isWrong ? (given as string) : 'ann');
    const harness = new ClientHarness({ token });
    await harness.platform.pass(0);
    expect(harness.platform.sockets).toEqual([]);
    expect(harness.client.status).toMatchObject({
      state: 'reconnecting',
      error: { code: 'unauthenticated', message: `there was no token to be had: ${message}`, cause: { message } },
    });
    isWrong = false;
    await harness.platform.pass(1_000);
    await harness.goLive();
    expect(harness.socket.protocols).toContain('bearer.ann');
    harness.end();
  });

  it('that does not answer is what the status speaks of, and no gateway', async () => {
    const harness = new ClientHarness({ token: () => new Promise(() => undefined) });
    await harness.platform.pass(10_000);
    expect(harness.client.status).toMatchObject({
      state: 'reconnecting',
      error: { code: 'timedOut', message: 'there was no token within the time limit' },
    });
    harness.end();
  });
});
