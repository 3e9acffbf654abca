import { CLOSE_CODES, Encoding, encodePayload } from '@outcry/protocol';
import { HookServer } from '@outcry/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';

describe('a session that calls for what the server answers', () => {
  let server: HookServer;
  let gateway: TestGateway;
  let ann: TestClient;
  let bob: TestClient;
  beforeEach(async () => {
    server = await HookServer.start();
    await open();
  });
  afterEach(async () => {
    await gateway.stop();
    await server[Symbol.asyncDispose]();
  });

  async function open(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const { hooks, limits } = loadGatewayConfig({
      OUTCRY_HOOKS_SECRET: SECRET,
      OUTCRY_HOOKS_RPC_URL: server.urlOf('rpc'),
      OUTCRY_HOOKS_PLAIN_HTTP: 'true',
      OUTCRY_HOOKS_DEADLINE_MS: '20000',
      OUTCRY_MAX_CALLS_PER_SECOND: '0',
      ...settings,
    }).config;
    gateway = await createTestGateway({ hooks, limits });
    [ann, bob] = [gateway.connect('ann'), gateway.connect('bob')];
    await vi.waitUntil(() => [ann, bob].every(({ socket }) => socket.framesOf('joined').length === 2));
  }

  async function reopen(settings: Readonly<Record<string, string>>): Promise<void> {
    await gateway.stop();
    await open(settings);
  }

  async function answered({ socket }: TestClient, id: number): Promise<unknown> {
    const find = (): unknown => socket.frames.find((frame) => 'id' in frame && frame.id === id);
    await vi.waitUntil(() => find() !== undefined);
    return find();
  }

  async function asked(count: number): Promise<void> {
    await vi.waitUntil(() => server.questions.length === count);
  }

  it('describes what it is asked, and passes the answer back', async () => {
    server.answer('rpc', ({ body }) => ({ json: { allow: true, data: { got: body['data'] ?? 'nothing' } } }));
    ann.send({ type: 'call', id: 1, method: 'orders.place', data: { size: 3 } });
    expect(await answered(ann, 1)).toEqual({ type: 'reply', id: 1, data: { got: { size: 3 } } });
    ann.send({ type: 'call', method: 'who.am.I' });
    await vi.waitUntil(() => ann.socket.framesOf('reply').length === 2);
    expect(ann.socket.framesOf('reply')[1]).toEqual({ type: 'reply', data: { got: 'nothing' } });
    const { connection } = ann.session;
    const subject = { node: 'test', connection, user: 'ann', guest: false, address: '192.0.2.1' };
    expect(server.questions.map(({ body }) => body)).toEqual([
      { hook: 'rpc', ...subject, method: 'orders.place', data: { size: 3 } },
      { hook: 'rpc', ...subject, method: 'who.am.I', data: null },
    ]);
  });

  it('keeps what it passes on, in msgpack too, while memory is used anew', async () => {
    const carl = gateway.connect('carl', Encoding.Msgpack);
    const bytes = encodePayload([12, 7, 'orders.place', ['a', 1]]);
    server.answer('rpc', ({ body }) => ({ json: { allow: true, data: body['data'] } }));
    carl.session.received(bytes, true);
    bytes.fill(0);
    expect(await answered(carl, 7)).toMatchObject({ type: 'reply', data: ['a', 1] });
  });

  it('answers without data where the server has none', async () => {
    ann.send({ type: 'call', id: 1, method: 'x' });
    expect(await answered(ann, 1)).toEqual({ type: 'reply', id: 1 });
  });

  it('is refused in the server’s words', async () => {
    server.answer('rpc', () => ({ json: { allow: false, reason: 'not on Sundays' } }));
    ann.send({ type: 'call', id: 1, method: 'x' });
    expect(await answered(ann, 1)).toMatchObject({ code: 'forbidden', message: 'not on Sundays' });
  });

  it('holds up nothing of the session, and no other call', async () => {
    const release: (() => void)[] = [];
    server.answer('rpc', async ({ body }) => {
      if (body['method'] === 'slow') await new Promise<void>((resolve) => release.push(resolve));
      return { json: { allow: true, data: body['method'] } };
    });
    ann.send({ type: 'call', id: 1, method: 'slow' });
    await asked(1);
    ann.send({ type: 'call', id: 2, method: 'quick' });
    ann.send({ type: 'join', id: 3, room: 'lobby' });
    ann.send({ type: 'publish', id: 4, room: 'lobby', data: 'quick' });
    expect(await answered(ann, 2)).toMatchObject({ data: 'quick' });
    expect(await answered(ann, 3)).toMatchObject({ type: 'joined' });
    expect(await answered(ann, 4)).toMatchObject({ type: 'ack' });
    expect(ann.socket.framesOf('reply')).toHaveLength(1);
    release[0]?.();
    expect(await answered(ann, 1)).toMatchObject({ data: 'slow' });
  });

  it('has so many in flight and no more; the next goes when one has come back', async () => {
    await reopen({ OUTCRY_HOOKS_RPC_MAX_PER_SESSION: '2' });
    const release: (() => void)[] = [];
    server.answer('rpc', async () => {
      await new Promise<void>((resolve) => release.push(resolve));
      return { json: { allow: true } };
    });
    for (const id of [1, 2, 3]) ann.send({ type: 'call', id, method: 'x', data: id });
    bob.send({ type: 'call', id: 4, method: 'x', data: 4 });
    await vi.waitUntil(() => release.length === 3);
    const asking = server.questions.map(({ body }) => body['data']);
    expect(asking.toSorted()).toEqual([1, 2, 4]);
    for (const answer of release) answer();
    await vi.waitUntil(() => release.length === 4);
    expect(server.questions.at(-1)?.body['data']).toBe(3);
    release[3]?.();
    expect(await answered(ann, 3)).toMatchObject({ type: 'reply' });
  });

  it('has 128 waiting, and is told of one more that it was not passed on', async () => {
    const answer = server.hold('rpc');
    for (let id = 0; id < 129; id++) ann.send({ type: 'call', id, method: 'x' });
    expect(await answered(ann, 128)).toMatchObject({ code: 'unavailable', retryable: true, retryInMs: 1000 });
    answer();
    await vi.waitUntil(() => ann.socket.framesOf('reply').length === 128);
    expect(server.questions).toHaveLength(128);
  });

  it('may call so often, and who does not heed that is closed', async () => {
    await reopen({ OUTCRY_MAX_CALLS_PER_SECOND: '1' });
    for (const id of [1, 2, 3]) ann.send({ type: 'call', id, method: 'x' });
    expect(await answered(ann, 2)).toMatchObject({ type: 'reply' });
    expect(await answered(ann, 3)).toMatchObject({ code: 'rateLimited', retryable: true });
    const metrics = await gateway.services.metrics.registry.metrics();
    expect(metrics).toContain('outcry_gateway_rate_limited_total{what="calls"} 1');
    expect(ann.socket.closeCode).toBeUndefined();
    for (let id = 10; id < 120; id++) ann.send({ type: 'call', id, method: 'x' });
    expect(ann.socket.closeCode).toEqual(CLOSE_CODES.rateLimited);
  });

  it('pays for its answers with the rest of what it asks for', async () => {
    await reopen({ OUTCRY_MAX_ANSWER_BYTES_PER_SECOND: '1000' });
    server.answer('rpc', () => ({ json: { allow: true, data: 'x'.repeat(20_000) } }));
    ann.send({ type: 'call', id: 1, method: 'x' });
    expect(await answered(ann, 1)).toMatchObject({ type: 'reply' });
    ann.send({ type: 'call', id: 2, method: 'x' });
    expect(await answered(ann, 2)).toMatchObject({ code: 'rateLimited' });
    expect(server.questions).toHaveLength(1);
  });

  it.each([
    ['has an error', { status: 500, text: 'no' }],
    ['answers with a number that is not exact', { status: 200, text: '{"allow":true,"data":9007199254740993}' }],
    ['answers with too much', { json: { allow: true, data: 'x'.repeat(70_000) } }],
  ] as const)('is not told that it was not passed on where the server %s', async (_, reply) => {
    server.answer('rpc', () => reply);
    ann.send({ type: 'call', id: 1, method: 'x' });
    const answer = await answered(ann, 1);
    expect(answer).toMatchObject({ code: 'unavailable', retryable: true });
    expect(answer).not.toHaveProperty('retryInMs');
  });

  it('is told that it was not passed on while the breaker is open, and where too many wait', async () => {
    await reopen({ OUTCRY_HOOKS_MAX_IN_FLIGHT: '1' });
    const answer = server.hold('rpc', { status: 500, text: 'no' });
    for (const id of [1, 2]) ann.send({ type: 'call', id, method: 'x' });
    expect(await answered(ann, 2)).toMatchObject({ code: 'unavailable', retryInMs: 1000 });
    answer();
    for (let id = 1; id < 12; id++) {
      if (id > 2) ann.send({ type: 'call', id, method: 'x' });
      await answered(ann, id);
    }
    ann.send({ type: 'call', id: 100, method: 'x' });
    expect(await answered(ann, 100)).toMatchObject({ code: 'unavailable', retryInMs: 1000 });
    const metrics = await gateway.services.metrics.registry.metrics();
    expect(metrics).toContain('outcry_gateway_hook_calls_total{hook="rpc",outcome="busy"} 1');
    expect(metrics).toContain('outcry_gateway_hook_breaker_state{hook="rpc",state="open"} 1');
  });

  it('is asked for once, however its connection ends', async () => {
    server.answer('rpc', () => {
      server.cut();
      return 'silence';
    });
    ann.send({ type: 'call', id: 1, method: 'pay' });
    expect(await answered(ann, 1)).toMatchObject({ code: 'unavailable' });
    expect(server.questions).toHaveLength(1);
  });

  it('is told nothing once it has ended', async () => {
    const answer = server.hold('rpc');
    ann.send({ type: 'call', id: 1, method: 'x' });
    bob.send({ type: 'call', id: 2, method: 'x' });
    await asked(2);
    ann.session.closed(1006);
    const seen = ann.socket.wire.length;
    answer();
    await answered(bob, 2);
    expect(ann.socket.wire).toHaveLength(seen);
  });
});

describe('a session whose gateway has no server to ask', () => {
  it.each(Object.values(Encoding))('is told that nobody answers (%s)', async (encoding) => {
    const gateway = await createTestGateway();
    const { session, socket } = gateway.connect('ann', encoding);
    const frame = encoding === Encoding.Json ? '{"type":"call","id":1,"method":"x"}' : encodePayload([12, 1, 'x']);
    session.received(Buffer.from(frame), encoding === Encoding.Msgpack);
    expect(socket.framesOf('error')).toMatchObject([{ id: 1, code: 'forbidden', retryable: false }]);
    await gateway.stop();
  });
});
