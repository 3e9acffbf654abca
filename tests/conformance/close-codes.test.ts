import {
  closeCode,
  type Disconnect,
  FaultProxy,
  type GatewayProcess,
  type GatewaySettings,
  HookServer,
  IdentityProvider,
  makeToken,
  PROTOCOL,
  startGateway,
  startPublisher,
  startRedis,
  type TestRedis,
  uniquePrefix,
  type WireEncoding,
  UNLIMITED,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { metricOf } from '../metrics.ts';
import { connect, connectSocket, ENCODINGS, idle, open, openIn, settle, uniqueName } from './support/clients.ts';
import { flood } from './support/flood.ts';
import { openWithBooks } from './support/open-with-books.ts';
import { OWNS_SERVER } from './support/target.ts';

const API_KEY = 'key-of-a-conformance-test';
const CLOSE_DEADLINE_MS = 20_000;
const SLOW_CLOSES = `outcry_gateway_closes_total{code="${String(closeCode('slowConsumer').code)}"}`;
const SECRET = 'a-secret-of-at-least-thirty-two-characters';

/** Silence is to be told from a test that was late. */
const HEARTBEAT = { heartbeatMs: 500, idleTimeoutMs: 3000 } as const;

/** A fault of the gateway cannot be brought about from outside: the gateway's own tests have it. */
const NOT_FROM_OUTSIDE = ['internalError'];

describe.runIf(OWNS_SERVER)('close codes', () => {
  let redis: TestRedis;
  /** For connections that ask nothing special of their gateway. */
  let shared: GatewayProcess;
  beforeAll(async () => {
    redis = await startRedis();
    shared = await startGateway({ redisUrl: redis.url, redisPrefix: uniquePrefix(), apiKeys: API_KEY });
  });
  afterAll(async () => {
    await shared[Symbol.asyncDispose]();
    await redis.stop();
  });

  /** Brings about each close code of the document on a connection, and says how that ended. */
  const CASES: Readonly<Record<string, (encoding: WireEncoding) => Promise<Disconnect>>> = {
    unsupportedData: async (encoding) => {
      const client = await open({ url: shared.url, encoding });
      if (encoding === 'json') client.socket.sendBinary(Buffer.of(0x91, 11));
      else client.socket.sendText('{"type":"ping"}');
      return client.waitForClose();
    },
    tooBig: async (encoding) => {
      const client = await open({ url: (await start({ maxFrameBytes: 1024 })).url, encoding });
      if (encoding === 'json') client.socket.sendText('x'.repeat(1025));
      else client.socket.sendBinary(Buffer.alloc(1025));
      return client.waitForClose();
    },
    restart: async (encoding) => {
      const gateway = await start();
      const client = await open({ url: gateway.url, encoding });
      void gateway.process.stop();
      return client.waitForClose();
    },
    unauthenticated: async (encoding) => {
      const client = await connect({ url: shared.url, encoding, token: 'all' });
      return client.waitForClose();
    },
    authTimeout: async (encoding) => {
      const gateway = await start({ authSecret: SECRET, authDeadlineMs: 100 });
      const client = await connect({ url: gateway.url, encoding });
      return client.waitForClose();
    },
    revoked: async (encoding) => {
      const gateway = await start({ authSecret: SECRET, apiKeys: API_KEY });
      const client = await connect({ url: gateway.url, encoding, token: makeToken(SECRET, { sub: 'ann' }) });
      await client.next('welcome');
      await callApi(gateway, 'revoke', { user: 'ann' });
      return client.waitForClose();
    },
    tokenExpired: async (encoding) => {
      const gateway = await start({ authSecret: SECRET, authClockToleranceMs: 0 });
      const client = await connect({ url: gateway.url, encoding, token: makeToken(SECRET, { lifetimeSeconds: 5 }) });
      await client.next('welcome');
      return client.waitForClose();
    },
    malformed: async (encoding) => {
      const client = await open({ url: shared.url, encoding });
      if (encoding === 'json') client.socket.sendText('{"type":"ping"');
      else client.socket.sendBinary(Buffer.of(0x92, 11));
      return client.waitForClose();
    },
    unknownSymbol: async (encoding) => {
      const client = await connect({ url: `${shared.feedUrl}?symbol=NOSUCH`, encoding });
      return client.waitForClose();
    },
    disconnected: (encoding) => disconnectedByServer(encoding, { mayReturn: false }),
    reconnect: (encoding) => disconnectedByServer(encoding, { mayReturn: true }),
    atCapacity: async (encoding) => {
      const gateway = await start({ authSecret: SECRET, authMaxWaiting: 1 });
      await connect({ url: gateway.url, encoding });
      return (await connect({ url: gateway.url, encoding })).waitForClose();
    },
    quotaExceeded: async (encoding) => {
      const gateway = await start({ maxConnectionsPerUser: 1 });
      const first = await connect({ url: gateway.url, encoding, token: 'ann' });
      await first.next({ type: 'joined', room: '@ann' });
      const second = await connect({ url: gateway.url, encoding, token: 'ann' });
      const disconnect = await second.waitForClose();
      expect(await second.next('error')).toMatchObject({ code: 'limitReached', retryable: false });
      await settle(first);
      return disconnect;
    },
    rateLimited: async (encoding) => {
      const client = await open({ url: (await start({ maxFramesPerSecond: 10 })).url, encoding });
      client.sendAtOnce(Array.from({ length: 400 }, () => ({ type: 'ping' })));
      return client.waitForClose();
    },
    brokerUnavailable: async (encoding) => {
      const proxy = await FaultProxy.start(redis);
      const gateway = await start({ redisUrl: `redis://127.0.0.1:${String(proxy.port)}` });
      onTestFinished(() => proxy[Symbol.asyncDispose]());
      // The gateway does not know yet that its broker is silent, so it lets the client in.
      proxy.freeze();
      const client = await connect({ url: gateway.url, encoding });
      return client.waitForClose(CLOSE_DEADLINE_MS);
    },
    keyPending: async (encoding) => {
      const provider = await IdentityProvider.start();
      onTestFinished(() => provider[Symbol.asyncDispose]());
      const gateway = await start({ authJwksUrl: provider.jwksUrl });
      const token = provider.makeToken({ header: { kid: 'key-to-come' } });
      const client = await connect({ url: gateway.url, encoding, token });
      return client.waitForClose();
    },
    refused: async (encoding) => {
      const { url, server } = await startWithHook();
      server.answer('connect', () => ({ json: { allow: false } }));
      return (await connect({ url, encoding })).waitForClose();
    },
    undecided: async (encoding) => {
      const { url, server } = await startWithHook();
      await server.goAway();
      return (await connect({ url, encoding })).waitForClose();
    },
    slowConsumer: async (encoding) => {
      // So far apart that a flood is seen between the two; then nothing is read for too long.
      const limits = { softBufferBytes: 65_536, hardBufferBytes: 2 ** 28, laggingTimeoutMs: 500 };
      const gateway = await start({ ...UNLIMITED, ...limits });
      const room = uniqueName('room');
      const slow = await openIn(room, { url: gateway.url, encoding });
      slow.pause();
      await flood({ url: gateway.url, room, until: async () => (await metricOf(gateway, SLOW_CLOSES)) > 0 });
      const warned = await metricOf(gateway, 'outcry_gateway_lagging_total');
      slow.resume();
      const disconnect = await slow.waitForClose(CLOSE_DEADLINE_MS);
      expect(warned).toBeGreaterThan(0);
      expect(slow.received.filter(({ type }) => type === 'lagging')).toHaveLength(warned);
      return disconnect;
    },
    heartbeatTimeout: async (encoding) => {
      const gateway = await start({ heartbeatMs: 500, idleTimeoutMs: 1500 });
      const client = await connect({ url: gateway.url, encoding, answersPings: false });
      return client.waitForClose(CLOSE_DEADLINE_MS);
    },
  };

  async function disconnectedByServer(encoding: WireEncoding, how: { mayReturn: boolean }): Promise<Disconnect> {
    const client = await connect({ url: shared.url, encoding });
    const { connection } = await client.next('welcome');
    await callApi(shared, 'disconnect', { connection, ...how });
    return client.waitForClose();
  }

  async function startWithHook(): Promise<{ readonly url: string; readonly server: HookServer }> {
    const server = await HookServer.start();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const hooksConnectUrl = server.urlOf('connect');
    const { url } = await start({ hooksConnectUrl, hooksSecret: SECRET, hooksPlainHttp: true });
    return { url, server };
  }

  async function callApi({ internalUrl }: GatewayProcess, command: string, params: unknown): Promise<void> {
    const headers = { authorization: `Bearer ${API_KEY}` };
    const response = await fetch(`${internalUrl}/api/${command}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(params),
    });
    expect(response.status).toBe(200);
  }

  test('have a case here for each one of the document', () => {
    const documented = PROTOCOL.closeCodes.map(({ name }) => name);
    expect([...Object.keys(CASES), ...NOT_FROM_OUTSIDE].sort()).toEqual(documented.sort());
  });

  describe.each(ENCODINGS)('%s', (encoding) => {
    test.each(Object.entries(CASES))('%s', async (name, run) => {
      const { code, reason } = closeCode(name);
      expect(await run(encoding)).toEqual({ code, reason });
    });

    test('of atCapacity leave room again once somebody has gone', async () => {
      const gateway = await start({ authSecret: SECRET, authMaxWaiting: 1 });
      const first = await connect({ url: gateway.url, encoding });
      await first.close();
      const token = makeToken(SECRET);
      // The server sees the end of a connection a little after its client does.
      for (;;) {
        const next = await connect({ url: gateway.url, encoding });
        next.send({ type: 'auth', token });
        const outcome = await Promise.race([next.next('welcome'), next.waitForClose()]);
        if ('type' in outcome) return;
        expect(outcome.code).toBe(closeCode('atCapacity').code);
      }
    });
  });

  describe('of heartbeatTimeout', () => {
    test('are for silence only: answering pings is enough', async () => {
      const gateway = await start(HEARTBEAT);
      const client = await open({ url: gateway.url, encoding: 'json' });
      const from = performance.now();
      while (performance.now() - from < 1.5 * HEARTBEAT.idleTimeoutMs) await client.socket.next(['ping']);
      await settle(client);
    });

    test('are for silence only: requests are enough', async () => {
      const gateway = await start(HEARTBEAT);
      const client = await open({ url: gateway.url, encoding: 'json', answersPings: false });
      const from = performance.now();
      while (performance.now() - from < 1.5 * HEARTBEAT.idleTimeoutMs) {
        await idle(HEARTBEAT.heartbeatMs);
        await settle(client);
      }
    });

    test('are for silence of frames: bytes of a frame that never ends are silence', async () => {
      const gateway = await start(HEARTBEAT);
      const client = await open({ url: gateway.url, encoding: 'json', answersPings: false });
      // A text frame of 1000 bytes, masked, and then a byte at a time.
      client.socket.sendRaw(Buffer.of(0x81, 0xfe, 0x03, 0xe8, 0, 0, 0, 0));
      const drip = setInterval(() => {
        client.socket.sendRaw(Buffer.of(0x20));
      }, 200);
      onTestFinished(() => {
        clearInterval(drip);
      });
      const { code, reason } = closeCode('heartbeatTimeout');
      expect(await client.waitForClose(CLOSE_DEADLINE_MS)).toEqual({ code, reason });
    });

    test('are for /orderbookfeed too', async () => {
      const redisPrefix = uniquePrefix();
      const publisher = await startPublisher({ redisUrl: redis.url, redisPrefix, feed: { symbols: 'BTCUSDT' } });
      onTestFinished(() => publisher[Symbol.asyncDispose]());
      const gateway = await start({ ...HEARTBEAT, redisPrefix });
      const witness = await openWithBooks(gateway.url, 'json', 1);
      await settle(witness);
      const socket = await connectSocket({ url: `${gateway.feedUrl}?symbol=BTCUSDT`, answersPings: false });
      const { code, reason } = closeCode('heartbeatTimeout');
      expect(await socket.waitForClose(CLOSE_DEADLINE_MS)).toEqual({ code, reason });
    });
  });

  test('of a user’s connections are for /orderbookfeed too: one too many, and all that the server ends', async () => {
    const redisPrefix = uniquePrefix();
    const publisher = await startPublisher({ redisUrl: redis.url, redisPrefix, feed: { symbols: 'BTCUSDT' } });
    onTestFinished(() => publisher[Symbol.asyncDispose]());
    const gateway = await start({ redisPrefix, maxConnectionsPerUser: 2, apiKeys: API_KEY });
    await openWithBooks(gateway.url, 'json', 1);
    const user = 'ann';
    const session = await open({ url: gateway.url, encoding: 'json', user });
    const feed = { url: `${gateway.feedUrl}?symbol=BTCUSDT`, encoding: 'json', token: user } as const;
    const second = await connect(feed);
    await second.next('snapshot', CLOSE_DEADLINE_MS);
    const third = await connect(feed);
    expect(await third.waitForClose()).toMatchObject({ code: closeCode('quotaExceeded').code });
    expect(await third.next('error')).toMatchObject({ code: 'limitReached', retryable: false });
    await callApi(gateway, 'disconnect', { user });
    for (const client of [session, second]) {
      expect(await client.waitForClose()).toMatchObject({ code: closeCode('disconnected').code });
    }
  });

  describe.each([
    ['an empty frame', Buffer.alloc(0)],
    ['an array', Buffer.from('[]')],
    ['no type', Buffer.from('{"id":1}')],
    ['bytes behind the frame', Buffer.from('{"type":"ping"}{}')],
    ['a frame that breaks off', Buffer.from('{"type":"publish","room":"a","data":[1')],
  ])('of malformed, %s in JSON', (_, payload) => {
    test('end the session', async () => {
      const client = await open({ url: shared.url, encoding: 'json' });
      client.socket.sendText(payload.toString());
      expect((await client.waitForClose()).code).toBe(closeCode('malformed').code);
    });
  });

  describe.each([
    ['an empty frame', []],
    ['a map', [0x80]],
    ['no tag', [0x90]],
    ['a tag that is no unsigned integer', [0x91, 0xff]],
    ['the byte that msgpack does not use', [0x92, 11, 0xc1]],
    ['a length bomb', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a length bomb in a payload', [0x94, 4, 1, 0xa1, 0x61, 0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a frame that breaks off', [0x94, 4, 1, 0xa1, 0x61, 0x92, 1]],
    ['bytes behind the frame', [0x91, 11, 0xc0]],
  ])('of malformed, %s in msgpack', (_, bytes) => {
    test('end the session', async () => {
      const client = await open({ url: shared.url, encoding: 'msgpack' });
      client.socket.sendBinary(Buffer.from(bytes));
      expect((await client.waitForClose()).code).toBe(closeCode('malformed').code);
    });
  });

  async function start(settings: GatewaySettings = {}): Promise<GatewayProcess> {
    const gateway = await startGateway({ redisUrl: redis.url, redisPrefix: uniquePrefix(), ...settings });
    onTestFinished(() => gateway[Symbol.asyncDispose]());
    return gateway;
  }
});
