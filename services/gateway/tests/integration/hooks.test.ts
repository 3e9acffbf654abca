import {
  closeCode,
  type GatewayProcess,
  type GatewaySettings,
  HookServer,
  makeToken,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { ApiClient } from '../support/api-client.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const API_KEY = 'a-key-of-whoever-looks';

describe('a gateway with hooks', () => {
  let redis: TestRedis;
  let server: HookServer;
  let gateway: GatewayProcess;
  const clients: RawClient[] = [];
  beforeAll(async () => {
    [redis, server] = await Promise.all([startRedis(), HookServer.start()]);
    const hooks: GatewaySettings = {
      hooksSecret: SECRET,
      hooksConnectUrl: server.urlOf('connect'),
      hooksJoinUrl: server.urlOf('join'),
      hooksPublishUrl: server.urlOf('publish'),
      hooksRpcUrl: server.urlOf('rpc'),
      hooksPlainHttp: true,
      hooksDeadlineMs: 20_000,
    };
    gateway = await startGateway({
      redisUrl: redis.url,
      redisPrefix: uniquePrefix(),
      authSecret: SECRET,
      apiKeys: API_KEY,
      ...hooks,
    });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.socket.destroy();
    server.reset();
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await redis.stop();
  });

  async function connect(user: string, encoding: 'json' | 'msgpack' = 'json'): Promise<RawClient> {
    const token = makeToken(SECRET, { sub: user });
    const client = await RawClient.connect({ url: gateway.url, encoding, token });
    clients.push(client);
    return client;
  }

  it.each(['json', 'msgpack'] as const)('lets in whom the server allows, as whom it says (%s)', async (encoding) => {
    server.answer('connect', ({ body }) => ({
      json: { allow: true, user: `${String(body['user'])} Lee`, rights: { hall: ['read', 'write'] }, rooms: ['lobby'] },
    }));
    const client = await connect('ann', encoding);
    client.send({ type: 'join', id: 1, room: 'hall' });
    expect(await client.next('welcome')).toMatchObject({ user: 'ann Lee' });
    expect(await client.next({ type: 'joined', room: 'lobby' })).toMatchObject({ recovered: false });
    expect(await client.next({ type: 'joined', room: 'hall' })).toMatchObject({ id: 1 });
    await client.expectAnswer('ack', { type: 'publish', room: 'hall', data: 'hello' });
  });

  it('turns away whom it refuses', async () => {
    server.answer('connect', ({ body }) => ({ json: { allow: body['user'] !== 'bob' } }));
    const [ann, bob] = [await connect('ann'), await connect('bob')];
    expect(await bob.waitForClose()).toMatchObject({ code: closeCode('refused').code });
    await ann.next('welcome');
  });

  it.each(['json', 'msgpack'] as const)('passes calls on, and their answers back (%s)', async (encoding) => {
    server.answer('rpc', ({ body }) => {
      if (body['method'] === 'none') return { json: { allow: false, reason: 'no such method' } };
      return { json: { allow: true, data: { user: body['user'], got: body['data'] } } };
    });
    const client = await connect('ann', encoding);
    const answer = await client.expectAnswer('reply', { type: 'call', method: 'echo', data: [1, { a: 'é' }] });
    expect(answer.data).toEqual({ user: 'ann', got: [1, { a: 'é' }] });
    expect(await client.expectAnswer('error', { type: 'call', method: 'none' })).toMatchObject({
      code: 'forbidden',
      message: 'no such method',
    });
  });

  it('publishes what the server makes of it, in the order in which it was sent', async () => {
    server.answer('connect', () => ({ json: { allow: true, rights: { '*': ['read', 'write'] } } }));
    server.answer('join', ({ body }) => ({ json: { allow: body['room'] === 'stage', reason: 'members only' } }));
    server.answer('publish', ({ body }) => ({ json: { allow: body['data'] !== 2, data: { said: body['data'] } } }));
    const [ann, bob] = [await connect('ann', 'msgpack'), await connect('bob')];
    expect(await bob.request({ type: 'join', room: 'club' })).toMatchObject({
      code: 'forbidden',
      message: 'members only',
    });
    await bob.expectAnswer('joined', { type: 'join', room: 'stage' });
    ann.sendAtOnce([
      { type: 'join', id: 'join', room: 'stage' },
      ...[1, 2, 3].map((data) => ({ type: 'publish', id: data, room: 'stage', data })),
    ]);
    for (const said of [1, 3])
      expect(await bob.next({ type: 'message', room: 'stage' })).toMatchObject({ data: { said } });
    expect(await ann.next({ type: 'error', id: 2 })).toMatchObject({ code: 'forbidden' });
  });

  it('tells whoever is on call how each hook is, and with what it failed last', async () => {
    server.answer('connect', () => ({ json: { allow: true } }));
    server.answer('rpc', () => ({ status: 500, text: '' }));
    const client = await connect('ann');
    await client.expectAnswer('error', { type: 'call', method: 'echo' });
    const { body } = await new ApiClient(gateway.internalUrl, API_KEY).call('hooks', {});
    const hooks = body['hooks'] as readonly { readonly hook: string; readonly recent: { readonly asked: number } }[];
    expect(hooks.map(({ hook }) => hook)).toEqual(['connect', 'join', 'publish', 'rpc']);
    const [asked, , , failed] = hooks;
    expect(asked).toMatchObject({
      ...{ state: 'closed', inFlight: 0, maxInFlight: 64, url: server.urlOf('connect') },
      ...{ since: expect.any(String) as string, recent: { failed: 0, medianMs: expect.any(Number) as number } },
    });
    expect(asked).toHaveProperty('outcomes.answered', asked?.recent.asked);
    expect(failed).toMatchObject({ recent: { failed: 1 }, lastFailure: { kind: 'status' }, outcomes: { status: 1 } });
  });
});
