import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  closeCode,
  type Disconnect,
  type GatewayProcess,
  HandshakeRefusedError,
  RawClient,
  type RawClientOptions,
  RawSocket,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
  type WireServerFrame,
} from '@outcry/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { ApiClient } from '../support/api-client.ts';

const DESK = 'a-key-that-may-do-everything';
const WATCHER = 'a-key-that-looks-only';
const HEALTH = '$console/health';
const NODES = '$console/nodes';
/** docs/CONSOLE.md */
const MAX_SOCKETS = 64;
const MAX_WAITING = 16;
const MAX_ROOMS = 16;
const MAX_FRAME_BYTES = 8192;

let redis: TestRedis;
let folder: string;
let gateway: GatewayProcess;
const clients: RawClient[] = [];

function start(prefix: string, nodeId: string): Promise<GatewayProcess> {
  return startGateway({
    ...{ redisUrl: redis.url, redisPrefix: prefix, nodeId, drainDelayMs: 0, reconnectSpreadMs: 0 },
    ...{ apiKeys: `desk ${DESK}`, apiReadKeys: `watcher ${WATCHER}`, console: true, consoleDir: folder },
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>');
  redis = await startRedis();
  gateway = await start(uniquePrefix(), 'gw-1');
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis.stop();
  await rm(folder, { recursive: true });
});

function endOf(name: string): Disconnect {
  const { code, reason } = closeCode(name);
  return { code, reason };
}

function urlOf({ internalUrl }: GatewayProcess): string {
  return `${internalUrl.replace('http', 'ws')}/console/live`;
}

async function connect(options: Partial<RawClientOptions> = {}): Promise<RawClient> {
  const client = await RawClient.connect({ url: urlOf(gateway), encoding: 'json', ...options });
  clients.push(client);
  return client;
}

async function enter(token = WATCHER): Promise<RawClient> {
  const client = await connect({ token });
  await client.next('welcome');
  return client;
}

/** What a room says next that is like this. */
function hear(client: RawClient, room: string, isMeant: (data: unknown) => boolean = () => true): Promise<unknown> {
  return client
    .nextWhere((frame) => frame.type === 'message' && frame.room === room && isMeant(frame.data), { what: room })
    .then((frame) => (frame as Extract<WireServerFrame, { type: 'message' }>).data);
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${gateway.internalUrl}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`outcry_gateway_console_${name} `));
  return Number(line?.split(' ')[1]);
}

async function asks(): Promise<number> {
  const each = ['changed', 'same', 'refused', 'gone'].map((outcome) => metric(`asks_total{outcome="${outcome}"}`));
  return (await Promise.all(each)).reduce((sum, count) => sum + count, 0);
}

describe('a key that looks only', () => {
  it('sees what changes, without asking', async () => {
    const watcher = await enter();
    expect(watcher.received[0]).toMatchObject({ user: 'watcher', node: 'gw-1', maxRooms: MAX_ROOMS });
    const room = '$console/connections?{"user":"ann","limit":50}';
    await watcher.expectAnswer('joined', { type: 'join', room });
    expect(await hear(watcher, room)).toMatchObject({ result: { connections: [] } });
    const ann = await RawClient.connect({ url: gateway.url, encoding: 'json', token: 'ann' });
    const isThere = (data: unknown): boolean => JSON.stringify(data).includes('"user":"ann"');
    expect(await hear(watcher, room, isThere)).toMatchObject({ result: { connections: [{ node: 'gw-1' }] } });
    await ann.close();
    await hear(watcher, room, (data) => JSON.stringify(data).includes('"closed"'));
  });

  it('sees in each room what the server API answers', async () => {
    const desk = new ApiClient(gateway.internalUrl, DESK);
    await desk.call('publish', { room: 'lobby', data: { text: 'hello' } });
    const watcher = await enter();
    for (const [command, params] of [
      ['nodes', {}],
      ['health', {}],
      ['top', {}],
      ['shards', {}],
      ['hooks', {}],
      ['archive', {}],
      ['books', {}],
      ['members', { room: 'lobby' }],
      ['history', { room: 'lobby', limit: 25 }],
    ] as const) {
      const text = JSON.stringify(params);
      const room = `$console/${command}${text === '{}' ? '' : `?${text}`}`;
      await watcher.expectAnswer('joined', { type: 'join', room });
      const { result } = (await hear(watcher, room)) as { result: object };
      const { body } = await desk.call(command, params);
      expect(Object.keys(result), command).toEqual(Object.keys(body));
      await watcher.expectAnswer('ack', { type: 'leave', room });
    }
  });

  it('changes nothing: who acts does so as ever', async () => {
    for (const key of [WATCHER, DESK]) {
      const client = await enter(key);
      await client.expectAnswer('joined', { type: 'join', room: HEALTH });
      for (const room of [HEALTH, 'lobby', '@all']) {
        expect(await client.request({ type: 'publish', room, data: 1 })).toMatchObject({ code: 'forbidden' });
        expect(await client.request({ type: 'history', room, limit: 1 })).toMatchObject({ code: 'forbidden' });
      }
      for (const room of ['$console/drain?{"node":"gw-1"}', '$console/publish?{"room":"a","data":1}', 'lobby']) {
        expect(await client.request({ type: 'join', room })).toMatchObject({ code: 'forbidden' });
      }
    }
  });
});

describe('asking', () => {
  it('costs the same for one and for many, and nothing once the last has gone', async () => {
    const first = await enter();
    const others = await Promise.all(Array.from({ length: 7 }, () => enter()));
    for (const viewer of [first, ...others]) {
      await viewer.expectAnswer('joined', { type: 'join', room: HEALTH });
      await hear(viewer, HEALTH);
    }
    // Those of the test before may still be on their way out.
    await expect.poll(() => metric('sockets')).toBe(8);
    expect(await metric('rooms')).toBe(1);
    const before = await asks();
    for (let i = 0; i < 3; i += 1) await hear(first, HEALTH);
    expect((await asks()) - before).toBeLessThanOrEqual(5);
    for (const viewer of others) await viewer.close();
    expect(await metric('rooms')).toBe(1);
    await first.expectAnswer('ack', { type: 'leave', room: HEALTH });
    expect(await metric('rooms')).toBe(0);
    await first.expectAnswer('joined', { type: 'join', room: NODES });
    await hear(first, NODES);
    await first.close();
    await expect.poll(() => metric('rooms')).toBe(0);
    const after = await asks();
    // A socket that says nothing is closed after five seconds: whoever asks once a second would have done so.
    const silent = await connect();
    expect(await silent.waitForClose()).toEqual(endOf('authTimeout'));
    // What was on its way when the last one left.
    expect((await asks()) - after).toBeLessThanOrEqual(1);
  });
});

describe('whoever has no business here', () => {
  it.each([
    ['in the handshake', { token: 'a-key-that-is-none' }, undefined],
    ['in the first frame', {}, { type: 'auth', token: 'a-key-that-is-none' }],
    ['not at all', {}, { type: 'join', room: HEALTH }],
  ] as const)('is closed: a wrong key %s', async (...[, options, frame]) => {
    const client = await connect(options);
    if (frame !== undefined) client.send(frame);
    expect(await client.waitForClose()).toEqual(endOf('unauthenticated'));
    expect(client.received).toEqual([]);
  });

  it('is closed where too many wait for their keys, and keeps out nobody who brings one', async () => {
    const waiting = await Promise.all(Array.from({ length: MAX_WAITING }, () => connect()));
    expect(await (await connect()).waitForClose()).toEqual(endOf('atCapacity'));
    await enter();
    await Promise.all(waiting.map((client) => client.close()));
    await enter();
  });

  it('keeps out nobody who brings one by sockets that do not close when they are told to', async () => {
    for (let i = 0; i < 2 * MAX_SOCKETS; i += 1) {
      const deaf = await connect(i % 2 === 0 ? {} : { token: 'a-key-that-is-none' });
      deaf.pause();
    }
    for (let i = 0; i < MAX_SOCKETS - MAX_WAITING; i += 1) await enter();
    expect(await metric('refusals_total{why="sockets"}')).toBe(0);
    clients.forEach((client) => {
      client.resume();
    });
  });

  it('is not let in from another page, and needs no cookie', async () => {
    const { host } = new URL(gateway.internalUrl);
    for (const origin of ['http://evil.example', 'null', `https://${host}.evil.example`, 'http://127.0.0.1']) {
      const refused = connect({ token: WATCHER, headers: { origin } });
      await expect(refused).rejects.toThrow(HandshakeRefusedError);
      await expect(refused).rejects.toMatchObject({ response: { status: 403 } });
    }
    const own = await connect({ token: WATCHER, headers: { origin: `http://${host}` } });
    await own.next('welcome');
    expect(own.socket.response.headers).not.toHaveProperty('set-cookie');
    const bare = await connect({ headers: { origin: `http://${host}`, cookie: `key=${WATCHER}; token=${WATCHER}` } });
    bare.send({ type: 'ping' });
    expect(await bare.waitForClose()).toEqual(endOf('unauthenticated'));
  });

  it('cannot bring the key in the address', async () => {
    const client = await connect({ url: `${urlOf(gateway)}?token=${WATCHER}` });
    client.send({ type: 'join', room: HEALTH });
    expect(await client.waitForClose()).toEqual(endOf('unauthenticated'));
  });

  it.each([
    [400, { subprotocols: ['outcry.v1.msgpack'] }],
    [426, { headers: { 'sec-websocket-version': '12' } }],
    [400, { headers: { 'sec-websocket-key': 'short' } }],
  ])('is answered %i where it speaks something else: %j', async (status, options) => {
    const opened = RawSocket.connect({ url: urlOf(gateway), ...options });
    await expect(opened).rejects.toMatchObject({ response: { status } });
  });

  it('is answered 503 where as many look as may', async () => {
    for (let i = 0; i < MAX_SOCKETS; i += 1) await enter();
    const refused = connect({ token: WATCHER });
    await expect(refused).rejects.toMatchObject({ response: { status: 503, headers: { 'retry-after': '10' } } });
    expect(await metric('refusals_total{why="sockets"}')).toBe(1);
  });
});

describe('limits', () => {
  it('end the connection with a frame that is too large', async () => {
    const client = await enter();
    const token = 'x'.repeat(4096);
    const small = JSON.stringify({ type: 'auth', id: 1, token });
    client.socket.sendText(small.padEnd(MAX_FRAME_BYTES, ' '));
    await client.next('error');
    client.socket.sendText(small.padEnd(MAX_FRAME_BYTES + 1, ' '));
    expect(await client.waitForClose()).toEqual(endOf('tooBig'));
    const other = await enter();
    other.socket.sendText('x'.repeat(1024 * 1024));
    expect(await other.waitForClose()).toMatchObject({ code: 1009 });
  });

  it('refuse one room too many', async () => {
    const client = await enter();
    const rooms = Array.from({ length: MAX_ROOMS }, (_, i) => `$console/members?{"room":"r${String(i)}"}`);
    for (const room of rooms) await client.expectAnswer('joined', { type: 'join', room });
    expect(await client.request({ type: 'join', room: HEALTH })).toMatchObject({ code: 'limitReached' });
    expect(await client.expectAnswer('joined', { type: 'join', room: String(rooms[0]) })).toMatchObject({ seq: 0 });
  });

  it('end the connection of whoever does not heed the pace', async () => {
    const client = await enter();
    client.sendAtOnce(Array.from({ length: 200 }, () => ({ type: 'ping' })));
    expect(await client.waitForClose()).toEqual(endOf('rateLimited'));
    await expect.poll(() => metric('closes_total{code="4101"}')).toBeGreaterThan(0);
    const pinging = await enter();
    for (let i = 0; i < 200; i += 1) pinging.socket.sendPing();
    expect(await pinging.waitForClose()).toEqual(endOf('rateLimited'));
  });
});

it('answers who would like another protocol, and sends whoever looks away when it stops', async () => {
  const short = await start(uniquePrefix(), 'gw-2');
  const headers = { connection: 'Upgrade', upgrade: 'h2c', authorization: `Bearer ${DESK}` };
  const client = await RawClient.connect({ url: urlOf(short), encoding: 'json', token: DESK });
  await client.next('welcome');
  const stuck = await RawSocket.connect({ url: urlOf(short) });
  stuck.pause();
  await expect(
    RawSocket.connect({ url: `${short.internalUrl.replace('http', 'ws')}/api/whoami`, headers }),
  ).rejects.toMatchObject({
    response: { status: 405 },
  });
  const closed = client.waitForClose();
  await short[Symbol.asyncDispose]();
  expect(client.received.at(-1)?.type).toBe('draining');
  expect(await closed).toEqual(endOf('restart'));
  stuck.destroy();
});
