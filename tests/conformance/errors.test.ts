import {
  FaultProxy,
  PROTOCOL,
  type RawClient,
  startGateway,
  startRedis,
  uniquePrefix,
  type WireRequest,
} from '@outcry/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';

import { connect, ENCODINGS, open, openIn, settle, uniqueName } from './support/clients.ts';
import { OWNS_SERVER, useTarget } from './support/target.ts';

const target = useTarget({ settings: { maxRooms: 1 } });

const room = 'lobby';
const book = { symbol: 'BTCUSDT', depth: 10, interval: 100 };

describe.each(ENCODINGS)('errors, %s', (encoding) => {
  /** Something that brings about each error of the document, and the answer to it. */
  const CASES: Readonly<Record<string, () => Promise<unknown>>> = {
    badRequest: async () => (await session()).request({ type: 'join', room: 'no such name ' }),
    unknownType: async () => (await session()).request({ type: 'teleport', tag: 31 }),
    forbidden: async () => (await session()).request({ type: 'join', room: `@${uniqueName('stranger')}` }),
    unauthenticated: async () => (await connect({ url: target.url, encoding })).request({ type: 'auth', token: 'all' }),
    notJoined: async () => (await session()).request({ type: 'publish', room: uniqueName('room'), data: 1 }),
    limitReached: async () => {
      const client = await session();
      await client.expectAnswer('joined', { type: 'join', room: uniqueName('room') });
      return client.request({ type: 'join', room: uniqueName('room') });
    },
    rateLimited: async () => {
      const client = await session();
      client.sendAtOnce(Array.from({ length: 300 }, () => ({ type: 'ping' })));
      return client.next('error');
    },
    unknownSymbol: async () => (await session()).request({ type: 'subscribe', ...book, symbol: 'NOSUCH' }),
    unavailable: () => publishWithoutBroker(),
  };

  test('have a case here for each code of the document', () => {
    expect(Object.keys(CASES).sort()).toEqual(PROTOCOL.errorCodes.map(({ code }) => code).sort());
  });

  test.runIf(OWNS_SERVER).each(PROTOCOL.errorCodes)(
    'answer with $code, and say whether to try again',
    async ({ code, isRetryable }) => {
      const answer = await CASES[code]?.();
      expect(answer).toMatchObject({
        type: 'error',
        code,
        retryable: isRetryable,
        message: expect.stringMatching(/./) as string,
      });
    },
  );

  function session(): Promise<RawClient> {
    return open({ url: target.url, encoding });
  }

  async function publishWithoutBroker(): Promise<unknown> {
    const redis = await startRedis();
    const proxy = await FaultProxy.start(redis);
    const redisUrl = `redis://127.0.0.1:${String(proxy.port)}`;
    const gateway = await startGateway({ redisUrl, redisPrefix: uniquePrefix() });
    onTestFinished(async () => {
      await gateway[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await redis.stop();
    });
    const client = await openIn(room, { url: gateway.url, encoding });
    await proxy.cut();
    return client.request({ type: 'publish', room, data: 1 }, 15_000);
  }
});

const join = { type: 'join', room };
const BAD_REQUESTS: readonly [field: string, request: WireRequest][] = [
  ['token', { type: 'auth' }],
  ['token', { type: 'auth', token: '' }],
  ['token', { type: 'auth', token: 7 }],
  ['room', { type: 'join' }],
  ['room', { ...join, room: '' }],
  ['room', { ...join, room: 'lobby*' }],
  ['room', { ...join, room: ' lobby' }],
  ['room', { ...join, room: 'lob\u0000by' }],
  ['room', { ...join, room: 'x'.repeat(129) }],
  ['room', { ...join, room: '@' }],
  ['room', { ...join, room: `@${'x'.repeat(129)}` }],
  ['since', { ...join, since: 5 }],
  ['since', { ...join, since: { epoch: 'e', seq: -1 } }],
  ['since', { ...join, since: { epoch: 5, seq: 1 } }],
  ['history', { ...join, history: -1 }],
  ['history', { ...join, history: 1.5 }],
  ['history', { ...join, history: '5' }],
  ['echo', { ...join, echo: 1 }],
  ['presence', { ...join, presence: 'yes' }],
  ['room', { type: 'leave' }],
  ['room', { type: 'publish', data: 1 }],
  ['data', { type: 'publish', room }],
  ['key', { type: 'publish', room, data: 1, key: '' }],
  ['key', { type: 'publish', room, data: 1, key: 'a b' }],
  ['key', { type: 'publish', room, data: 1, key: 'k'.repeat(65) }],
  ['traceparent', { type: 'publish', room, data: 1, traceparent: 1 }],
  ['traceparent', { type: 'publish', room, data: 1, traceparent: '0'.repeat(257) }],
  ['room', { type: 'signal', name: 'typing' }],
  ['name', { type: 'signal', room }],
  ['name', { type: 'signal', room, name: 'Typing' }],
  ['name', { type: 'signal', room, name: 'n'.repeat(33) }],
  ['room', { type: 'members' }],
  ['limit', { type: 'history', room }],
  ['limit', { type: 'history', room, limit: -1 }],
  ['before', { type: 'history', room, before: 'x', limit: 1 }],
  ['symbol', { type: 'subscribe', ...book, symbol: 'BTC USDT' }],
  ['depth', { type: 'subscribe', ...book, depth: '10' }],
  ['interval', { type: 'subscribe', ...book, interval: undefined }],
  ['symbol', { type: 'unsubscribe', ...book, symbol: undefined }],
];

describe.each(ENCODINGS)('a request with a bad field, %s', (encoding) => {
  test.each(BAD_REQUESTS)(
    'is answered by badRequest, which names %s, and the session goes on: %j',
    async (field, request) => {
      const client = await open({ url: target.url, encoding });
      for (const id of [7, 'seven']) {
        const answer = await client.expectAnswer('error', { ...request, id });
        expect(answer).toMatchObject({ id, code: 'badRequest', retryable: false });
        expect(answer.message).toContain(field);
      }
      client.send(request);
      expect(await client.next('error')).not.toHaveProperty('id');
      await settle(client);
    },
  );

  test.each([-1, 1.5, true, 'x'.repeat(65), 'é'.repeat(33), 2 ** 53])(
    'is answered without an id where the id %j is the bad one',
    async (id) => {
      const client = await open({ url: target.url, encoding });
      client.send({ type: 'ping', id });
      const answer = await client.next('error');
      expect(answer).toMatchObject({ code: 'badRequest' });
      expect(answer).not.toHaveProperty('id');
      await settle(client);
    },
  );
});

describe.each(ENCODINGS)('a request of an unknown type, %s', (encoding) => {
  test('is answered by unknownType, and the session goes on', async () => {
    const client = await open({ url: target.url, encoding });
    for (const id of [0, 'a']) {
      const answer = await client.request({ type: 'teleport', tag: 31, id });
      expect(answer).toMatchObject({ type: 'error', id, code: 'unknownType' });
    }
    client.send({ type: 'teleport', tag: 2 ** 32 });
    expect(await client.next('error')).not.toHaveProperty('id');
    await settle(client);
  });

  test('is that of a server frame, too', async () => {
    const client = await open({ url: target.url, encoding });
    const answer = await client.request({ type: 'welcome', tag: 32, id: 1 });
    expect(answer).toMatchObject({ type: 'error', id: 1, code: 'unknownType' });
  });
});
