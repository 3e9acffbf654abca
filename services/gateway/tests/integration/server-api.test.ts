import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isAssignableUserName, isRoomName, isRoomPattern } from '@outcry/protocol';
import {
  closeCode,
  type GatewayProcess,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { ApiClient, type ApiAnswer } from '../support/api-client.ts';

const KEYS = ['first-key-of-a-server', 'second-key-of-a-server'] as const;

/** What nobody may do anything in, but by rights of their own. */
const RULES = { rules: [{ pattern: 'closed-*', users: [], guests: [] }] };

const SECRET = 'a-secret-of-at-least-thirty-two-characters';

/** What is asked through one gateway holds on the other, where the clients are. */
let folder: string;
let redis: TestRedis;
let gateways: readonly GatewayProcess[];
let api: ApiClient;
let clientsUrl: string;
const clients: RawClient[] = [];

beforeAll(async () => {
  redis = await startRedis();
  folder = mkdtempSync(join(tmpdir(), 'outcry-api-'));
  const roomRulesFile = join(folder, 'rooms.json');
  writeFileSync(roomRulesFile, JSON.stringify(RULES));
  const shared = {
    redisUrl: redis.url,
    redisPrefix: uniquePrefix(),
    apiKeys: `${KEYS[0]},desk ${KEYS[1]}`,
    roomRulesFile,
    balanceFloor: 1,
    // Nobody is there.
    traceUrl: 'http://127.0.0.1:1/v1/traces',
  };
  const [first, second] = await Promise.all([
    startGateway({ ...shared, nodeId: 'first', accounts: true, authSecret: SECRET }),
    startGateway({ ...shared, nodeId: 'second' }),
  ]);
  gateways = [first, second];
  api = new ApiClient(first.internalUrl, KEYS[0]);
  clientsUrl = second.url;
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
  await redis.stop();
  rmSync(folder, { recursive: true });
});

async function connect(user: string, ...rooms: readonly string[]): Promise<{ client: RawClient; connection: string }> {
  return connectIn('json', user, rooms);
}

async function connectIn(
  encoding: 'json' | 'msgpack',
  user: string,
  rooms: readonly string[] = [],
): Promise<{ client: RawClient; connection: string }> {
  const client = await RawClient.connect({ url: clientsUrl, encoding, token: user });
  clients.push(client);
  const { connection } = await client.next('welcome');
  for (const room of [`@${user}`, '@all']) await client.next({ type: 'joined', room });
  for (const room of rooms) {
    await client.expectAnswer('joined', { type: 'join', room, history: 0 });
  }
  return { client, connection };
}

async function register(user: string): Promise<void> {
  const { publicUrl } = gateways[0] ?? expect.fail('a gateway has been started');
  const answer = await fetch(`${publicUrl}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user, password: 'correct horse' }),
  });
  expect(answer.status).toBe(201);
}

async function succeed(command: string, params: unknown): Promise<ApiAnswer['body']> {
  const { status, body } = await api.call(command, params);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

describe('messages of the server', () => {
  it('reach a room, numbered as all others, from server or from whom it says', async () => {
    const { client } = await connect('ann', 'pit');
    const { epoch, seq } = await succeed('publish', { room: 'pit', data: { text: 'ü', n: [1, null] } });
    expect(await client.next('message')).toMatchObject({
      room: 'pit',
      from: 'server',
      data: { text: 'ü', n: [1, null] },
      seq,
    });
    const next = await succeed('publish', { room: 'pit', data: 0, from: 'bob' });
    expect(next).toEqual({ epoch, seq: Number(seq) + 1, duplicate: false });
    expect(await client.next('message')).toMatchObject({ from: 'bob', data: 0 });
  });

  it('are published once for each key', async () => {
    const first = await succeed('publish', { room: 'once', data: 'x', key: 'k1' });
    expect(await succeed('publish', { room: 'once', data: 'x', key: 'k1' })).toEqual({ ...first, duplicate: true });
    expect(await succeed('publish', { room: 'once', data: 'x', key: 'k2' })).toMatchObject({
      seq: 2,
      duplicate: false,
    });
  });

  it('reach many rooms, an inbox, and everybody', async () => {
    const { client } = await connect('carol', 'one', 'two');
    const { results } = await succeed('broadcast', { rooms: ['one', 'two', '@carol', 'one'], data: 'hear', key: 'b1' });
    expect(results).toMatchObject([{ seq: 1 }, { seq: 1 }, { duplicate: false }, { seq: 1, duplicate: true }]);
    await succeed('announce', { data: 'all' });
    const heard = await Promise.all([1, 2, 3, 4].map(() => client.next('message')));
    expect(heard.map(({ room }) => room).sort()).toEqual(['@all', '@carol', 'one', 'two']);
  });

  it.each([
    ['publish', { room: 'pit' }, 'malformed', 'data'],
    ['publish', { room: 'a*', data: 1 }, 'malformed', 'room'],
    ['publish', { room: 'pit', data: 1, key: 'with blank' }, 'malformed', 'key'],
    ['publish', { room: 'pit', data: 1, from: 'all' }, 'malformed', 'from'],
    ['publish', { room: 'pit', data: JSON.parse('{"__proto__":1}') as unknown }, 'malformed', 'data.__proto__'],
    ['publish', { room: 'pit', data: [0, nested(32)] }, 'malformed', `data[1]${'[0]'.repeat(31)}`],
    ['publish', { room: 'pit', data: Array.from({ length: 5 }, () => 'x'.repeat(4000)) }, 'dataTooLarge', 'data'],
    ['publish', { room: 'pit', data: 1, unknown: 1 }, 'malformed', undefined],
    ['broadcast', { rooms: [], data: 1 }, 'malformed', 'rooms'],
    ['broadcast', { rooms: ['pit', '- '], data: 1 }, 'malformed', 'rooms[1]'],
    ['history', { room: 'pit', before: 1, after: 1 }, 'malformed', undefined],
    ['disconnect', {}, 'malformed', undefined],
    ['members', { room: '@all' }, 'noPresence', 'room'],
    ['search', { text: 'x' }, 'noArchive', undefined],
    ['search', { from: 'all' }, 'malformed', 'from'],
    ['search', { text: 'a\0' }, 'malformed', 'text'],
  ])('%s of %j is refused as %s, at %s', async (...[command, params, code, path]) => {
    const { status, body } = await api.call(command, params);
    expect(body).toMatchObject({ error: { code, retryable: false, ...(path === undefined ? {} : { path }) } });
    expect(status).toBe(code === 'dataTooLarge' ? 422 : code.startsWith('no') ? 404 : 400);
  });
});

describe('rooms', () => {
  it('tell their members and how many they are, over all gateways', async () => {
    await Promise.all([connect('dave', 'hall'), connect('erin', 'hall'), connect('erin', 'hall')]);
    const expected = [
      { user: 'dave', connections: 1 },
      { user: 'erin', connections: 2 },
    ];
    // A join is answered before the cluster has counted it.
    await expect
      .poll(() => succeed('members', { room: 'hall' }), { timeout: 5000 })
      .toEqual({ count: 2, members: expect.arrayContaining(expected) as unknown });
    expect(await succeed('memberCount', { room: 'hall' })).toEqual({ count: 2 });
    expect(await succeed('rooms', { prefix: 'ha' })).toEqual({ count: 1, rooms: [{ room: 'hall', members: 2 }] });
    expect(await succeed('rooms', { prefix: '@da' })).toEqual({ count: 1, rooms: [{ room: '@dave' }] });
  });

  it('give back their past by the page, and lose it', async () => {
    for (const n of [1, 2, 3]) await succeed('publish', { room: 'past', data: { n } });
    const page = await succeed('history', { room: 'past', limit: 2 });
    expect(page).toMatchObject({
      seq: 3,
      messages: [{ seq: 2, data: { n: 2 }, from: 'server' }, { seq: 3 }],
      more: true,
    });
    expect(await succeed('history', { room: 'past', before: 2 })).toMatchObject({
      messages: [{ seq: 1 }],
      more: false,
    });
    expect(await succeed('history', { room: 'past', after: 2 })).toMatchObject({ messages: [{ seq: 3 }] });
    expect(await succeed('removeHistory', { room: 'past' })).toEqual({ epoch: page['epoch'], seq: 3 });
    expect(await succeed('history', { room: 'past' })).toMatchObject({ seq: 3, messages: [] });
  });
});

describe('connections', () => {
  it('of a user are closed on whichever gateway they are, and nobody else', async () => {
    const [one, two] = await Promise.all([connect('frank'), connect('frank')]);
    const { client: other } = await connect('grace', 'quiet');
    expect(await succeed('disconnect', { user: 'frank' })).toEqual({ nodes: 2 });
    const { code, reason } = closeCode('disconnected');
    for (const { client } of [one, two]) expect(await client.waitForClose()).toEqual({ code, reason });
    await succeed('publish', { room: 'quiet', data: 'still here' });
    expect(await other.next('message')).toMatchObject({ data: 'still here' });
  });

  it('are closed one by one, and told to come back', async () => {
    const { client, connection } = await connect('heidi');
    await succeed('disconnect', { connection, mayReturn: true });
    const { code, reason } = closeCode('reconnect');
    expect(await client.waitForClose()).toEqual({ code, reason });
  });
});

describe('sessions', () => {
  it.each(['json', 'msgpack'] as const)(
    'are put into rooms and taken out of them, on whichever gateway (%s)',
    async (encoding) => {
      const room = `given-${encoding}`;
      const [one, two] = [await connect('ivan'), await connect('ivan')];
      const { client: packed } = await connectIn(encoding, 'ivan');
      const { client: other } = await connect('judy');
      expect(await succeed('subscribe', { user: 'ivan', room })).toEqual({ nodes: 2 });
      for (const client of [one.client, two.client, packed]) {
        expect(await client.next({ type: 'joined', room })).not.toHaveProperty('id');
      }
      await succeed('publish', { room, data: 'hear' });
      for (const client of [one.client, two.client, packed]) {
        expect(await client.next({ type: 'message', room })).toMatchObject({ data: 'hear', seq: 1 });
      }
      await succeed('unsubscribe', { connection: one.connection, room });
      await one.client.next({ type: 'left', room });
      await succeed('unsubscribe', { user: 'ivan', room });
      for (const client of [two.client, packed]) await client.next({ type: 'left', room });
      await other.expectAnswer('pong', { type: 'ping' });
      expect(other.received.filter((frame) => 'room' in frame && frame.room === room)).toEqual([]);
    },
  );

  it.each(['json', 'msgpack'] as const)('are told something one by one (%s)', async (encoding) => {
    const { client, connection } = await connectIn(encoding, 'kim');
    const { client: other } = await connect('kim');
    expect(await succeed('send', { connection, name: 'poke', data: { at: [1, 'ü'] } })).toEqual({ nodes: 2 });
    expect(await client.next('signal')).toEqual({
      ...{ type: 'signal', room: '@kim', from: 'server', name: 'poke', data: { at: [1, 'ü'] } },
    });
    await other.expectAnswer('pong', { type: 'ping' });
    expect(other.received.filter(({ type }) => type === 'signal')).toEqual([]);
  });

  it('have other rights from one moment to the next, and leave what they may not read', async () => {
    const rooms = ['closed-1', 'closed-2'] as const;
    const { client } = await connect('leo');
    await client.expectAnswer('error', { type: 'join', room: rooms[0] });
    await succeed('refresh', { user: 'leo', rights: { 'closed-*': ['read'] } });
    await vi.waitUntil(async () => (await client.request({ type: 'join', room: rooms[0] })).type === 'joined');
    await client.expectAnswer('joined', { type: 'join', room: rooms[1] });
    await succeed('refresh', { user: 'leo', rights: { [rooms[1]]: ['read'] } });
    expect(await client.next({ type: 'error', room: rooms[0] })).toMatchObject({ code: 'forbidden' });
    expect(await client.request({ type: 'members', room: rooms[0] })).toMatchObject({ type: 'error' });
    await client.expectAnswer('joined', { type: 'join', room: rooms[1] });
  });
});

describe('the cluster', () => {
  it('tells its gateways and its numbers', async () => {
    const { nodes } = await succeed('nodes', {});
    expect(nodes).toMatchObject([{ node: 'first' }, { node: 'second', isReady: true }]);
    expect(await succeed('info', {})).toMatchObject({ nodes: 2 });
  });

  it('says which gateway has too many clients, and has some of them asked to move', async () => {
    const crowd = await Promise.all(
      ['ivan', 'judy', 'mallory', 'niaj'].map((user) =>
        RawClient.connect({ url: clientsUrl, encoding: 'json', token: user, canMove: true }),
      ),
    );
    clients.push(...crowd);
    await vi.waitFor(async () => {
      const { moves } = await succeed('rebalance', { dryRun: true });
      expect(moves).toEqual([{ node: 'second', connections: crowd.length, surplus: 2 }]);
    });
    expect(crowd.flatMap(({ received }) => received).filter(({ type }) => type === 'draining')).toEqual([]);
    await succeed('rebalance', {});
    const asked = await Promise.race(crowd.map((client) => client.next('draining')));
    expect(asked).toMatchObject({ reconnectInMs: 0, stays: true });
  });

  it('forgets a gateway that goes', async () => {
    const prefix = uniquePrefix();
    const shared = { redisUrl: redis.url, redisPrefix: prefix, apiKeys: KEYS[1] };
    await using stays = await startGateway({ ...shared, nodeId: 'stays' });
    const goes = await startGateway({ ...shared, nodeId: 'goes' });
    const client = new ApiClient(stays.internalUrl, KEYS[1]);
    expect((await client.call('info', {})).body).toMatchObject({ nodes: 2 });
    await goes.process.stop();
    await vi.waitFor(async () => {
      expect((await client.call('nodes', {})).body).toMatchObject({ nodes: [{ node: 'stays' }] });
    });
  });
});

describe('several commands in one request', () => {
  it('run in order, each with a result or an error of its own', async () => {
    const { results } = await succeed('batch', {
      commands: [
        { command: 'publish', params: { room: 'batch', data: 1 } },
        { command: 'publish', params: { room: 'batch*', data: 1 } },
        { command: 'constructor', params: {} },
        { command: 'publish', params: { room: 'batch', data: 2 } },
      ],
    });
    expect(results).toMatchObject([
      { result: { seq: 1 } },
      { error: { code: 'malformed', path: 'commands[1].params.room' } },
      { error: { code: 'notFound', path: 'commands[2].command' } },
      { result: { seq: 2 } },
    ]);
  });

  it('run until their answers together are what one may be', async () => {
    // As JSON has it, each of these characters is six.
    const data = '\u0001'.repeat(15_000);
    const filled = await succeed('batch', {
      commands: Array.from({ length: 20 }, () => ({ command: 'publish', params: { room: 'long', data } })),
    });
    expect(filled).toMatchObject({ results: Array.from({ length: 20 }, () => ({ result: {} })) });
    const commands = Array.from({ length: 40 }, () => ({ command: 'history', params: { room: 'long', limit: 1000 } }));
    const { results } = await succeed('batch', { commands });
    const codes = (results as readonly { readonly error?: { readonly code: string } }[]).map(
      ({ error }) => error?.code,
    );
    const done = codes.indexOf('answerTooLarge');
    expect(done).toBeGreaterThan(0);
    expect(codes.slice(0, done)).toEqual(Array.from({ length: done }, () => undefined));
    expect(new Set(codes.slice(done))).toEqual(new Set(['answerTooLarge']));
    // One may be longer than what was left.
    expect(JSON.stringify(results).length).toBeLessThan(20 * 1024 * 1024);
  });
});

describe('requests', () => {
  it.each(KEYS)('are taken with the key %s', async (key) => {
    expect((await api.call('info', {}, { authorization: `Bearer ${key}` })).status).toBe(200);
  });

  it.each([null, 'Bearer x', 'Bearer first-key-of-a-serveR', `Basic ${KEYS[0]}`, 'Bearer üü', KEYS[0]])(
    'are refused alike with the authorization %s',
    async (authorization) => {
      const { status, headers, body } = await api.call('info', {}, { authorization: encode(authorization) });
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer');
      expect(body).toMatchObject({ error: { code: 'unauthorized' } });
    },
  );

  it('with wrong keys are refused unseen when they are many, and those with a key are not', async () => {
    const guesses = await Promise.all(Array.from({ length: 60 }, () => api.call('info', {}, { authorization: null })));
    const limited = guesses.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThan(20);
    expect(limited[0]?.headers.get('retry-after')).toBe('1');
    expect((await api.call('info', {})).status).toBe(200);
  });

  it.each([
    ['nothing', {}, {}, 404, 'notFound'],
    ['info', {}, { method: 'GET' }, 405, 'methodNotAllowed'],
    ['info', {}, { text: '{' }, 400, 'malformed'],
    ['publish', {}, { text: '{"room":"pit","data":9007199254740993}' }, 400, 'malformed'],
    ['info', {}, { text: 'x'.repeat(5_000_000) }, 413, 'bodyTooLarge'],
  ])('to %s with %j and %j are refused with %i %s', async (...[command, params, request, status, code]) => {
    const answer = await api.call(command, params, request);
    expect(answer).toMatchObject({ status, body: { error: { code } } });
  });

  it.each([
    ['publish', 'GET', 'POST'],
    ['openapi.json', 'POST', 'GET'],
    ['batch', 'PUT', 'POST'],
  ])('to %s by %s are told which method it takes', async (command, method, allowed) => {
    const { status, headers } = await api.call(command, {}, { method });
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: allowed });
  });

  it('without a value are told that one is missing', async () => {
    const { body } = await api.call('publish', { room: 'pit' });
    expect(body).toMatchObject({ error: { code: 'malformed', message: 'expected a value', path: 'data' } });
  });
});

describe('what is loud', () => {
  it('is named first, of all gateways: a room, a client, and what it asks for', async () => {
    const members = await Promise.all(['ed', 'flo', 'gus'].map((user) => connect(user, 'loud', `quiet-${user}`)));
    const [shouter] = members;
    // A window may see the beginning of it only.
    await vi.waitFor(
      async () => {
        for (let i = 0; i < 10; i += 1) shouter?.client.send({ type: 'publish', room: 'loud', data: 'x'.repeat(500) });
        for (const { client } of members.slice(1)) client.send({ type: 'ping' });
        const answer = await succeed('top', { seconds: 2 });
        expect(answer).toMatchObject({ silent: [], nodes: [{}, {}] });
        expect((answer['rooms'] as readonly unknown[])[0]).toMatchObject({ room: 'loud' });
        const own = { connection: shouter?.connection, user: 'ed', node: 'second' };
        expect(busiestOf(answer['connections'])).toMatchObject(own);
        expect(busiestOf(answer['commands'])).toMatchObject({ command: 'publish' });
      },
      { timeout: 15_000, interval: 250 },
    );
  });

  it.each([{ seconds: 0 }, { seconds: 61 }, { seconds: '2' }, { room: 'pit' }])(
    'is not asked with %j',
    async (params) => {
      const { status, body } = await api.call('top', params);
      expect({ status, body }).toMatchObject({ status: 400, body: { error: { code: 'malformed' } } });
    },
  );
});

describe('the OpenAPI document', () => {
  const EXAMPLES: Readonly<Record<string, unknown>> = {
    publish: { room: 'doc', data: 1 },
    broadcast: { rooms: ['doc'], data: 1 },
    announce: { data: 1 },
    members: { room: 'doc' },
    memberCount: { room: 'doc' },
    history: { room: 'doc' },
    removeHistory: { room: 'doc' },
    search: { room: 'doc', from: 'server', sentFrom: 0, sentBefore: 1, text: 'x', language: 'english', limit: 1 },
    rooms: { by: 'bytes' },
    connections: { user: 'nobody' },
    disconnect: { user: 'nobody' },
    subscribe: { user: 'nobody', room: 'doc' },
    unsubscribe: { connection: 'none', room: 'doc' },
    send: { connection: 'none', name: 'poke', data: 1 },
    refresh: { user: 'nobody', rights: { 'team.*': ['read'] } },
    revoke: { user: 'nobody' },
    nodes: {},
    rebalance: { dryRun: true },
    drain: { node: 'second' },
    undrain: { node: 'second' },
    whoami: {},
    resendEvents: {},
    info: {},
    health: {},
    shards: {},
    hooks: {},
    archive: {},
    books: {},
    top: {},
    trace: { room: 'doc', seconds: 1 },
    batch: { commands: [{ command: 'info', params: {} }] },
    resetPassword: { user: 'documented', password: 'battery staple' },
    deleteAccount: { user: 'documented' },
  };

  /** Behind `@`, too. */
  const NAMES: readonly (readonly [name: string, isTaken: boolean])[] = [
    ['комната', true],
    ['a b', true],
    ['x'.repeat(128), true],
    ['x'.repeat(129), false],
    ['é'.repeat(65), false],
    ['e\u0301', false],
    ['a*', false],
    [' a', false],
    ['a ', false],
    ['a\u00a0', false],
    ['a\n', false],
    ['a\u200bb', false],
    ['a\u202eb', false],
  ];

  type Case = readonly [command: string, params: unknown, isTaken: boolean];
  const BODIES: readonly Case[] = [
    ...NAMES.map(([room, isTaken]): Case => ['history', { room }, isTaken]),
    ...NAMES.map(([name, isTaken]): Case => ['removeHistory', { room: `@${name}` }, isTaken]),
    ...NAMES.map(([user, isTaken]): Case => ['disconnect', { user }, isTaken]),
    ['history', { room: '@' }, false],
    ['history', { room: '@all' }, true],
    ['disconnect', { user: 'all' }, false],
    ['disconnect', { user: 'server' }, false],
    ['announce', { data: 1, from: 'server' }, false],
    ['announce', { data: 1, from: 'e\u0301' }, false],
    ['disconnect', { user: 'ann', connection: 'c' }, false],
    ['disconnect', {}, false],
    ['disconnect', { connection: '😀'.repeat(255) }, true],
    ['disconnect', { connection: 'c'.repeat(256) }, false],
    ['disconnect', { connection: '' }, false],
    ...NAMES.map(([room, isTaken]): Case => ['subscribe', { user: 'nobody', room }, isTaken]),
    ['subscribe', { user: 'nobody', room: '@all' }, false],
    ['subscribe', { user: 'nobody', room: '@ann' }, false],
    ['subscribe', { room: 'doc' }, false],
    ['unsubscribe', { user: 'nobody', connection: 'none', room: 'doc' }, false],
    ['send', { user: 'nobody', name: 'poke' }, false],
    ['send', { connection: 'none', name: 'poke' }, true],
    ['send', { connection: 'none', name: 'Poke' }, false],
    ['send', { connection: 'none', name: 'p'.repeat(33) }, false],
    ['send', { connection: 'none', name: 'poke', data: [Number.MAX_SAFE_INTEGER + 1] }, false],
    ['refresh', { user: 'nobody' }, false],
    ['refresh', { user: 'nobody', rights: {} }, true],
    ['refresh', { user: 'nobody', rights: { '*': ['read', 'write', 'signal', 'presence'] } }, true],
    ['refresh', { user: 'nobody', rights: { '*': ['read', 'read', 'read', 'read', 'read'] } }, false],
    ['refresh', { user: 'nobody', rights: { '*': ['own'] } }, false],
    ['refresh', { user: 'nobody', rights: { 'a\n': ['read'] } }, false],
    ['refresh', { user: 'nobody', rights: Object.fromEntries(patterns(64)) }, true],
    ['refresh', { user: 'nobody', rights: Object.fromEntries(patterns(65)) }, false],
    ['revoke', { token: 't'.repeat(128) }, true],
    ['revoke', { token: 't'.repeat(129) }, false],
    ['revoke', { token: 'a b' }, false],
    ['revoke', { user: 'ann', token: 't' }, false],
    ['announce', { data: 1, key: '~'.repeat(64) }, true],
    ['announce', { data: 1, key: '~'.repeat(65) }, false],
    ['announce', { data: 1, key: 'k\n' }, false],
    ['rooms', { prefix: '😀'.repeat(129) }, true],
    ['rooms', { prefix: 'p'.repeat(130) }, false],
    ['rooms', { after: 'p'.repeat(1000) }, true],
    ['rooms', { limit: 1001 }, false],
    ['search', {}, true],
    ['search', { room: '@*', from: 'ann', text: '😀'.repeat(256) }, true],
    ['search', { text: 'x'.repeat(257) }, false],
    ['search', { text: 'a\0' }, false],
    ['search', { text: '' }, false],
    ['search', { from: 'all' }, false],
    ['search', { room: 'a\n' }, false],
    ['search', { language: `english'); --` }, false],
    ['search', { sentFrom: -1 }, false],
    ['search', { sentBefore: Number.MAX_SAFE_INTEGER }, true],
    ['search', { limit: 101 }, false],
    ['search', { cursor: 'x'.repeat(1025) }, false],
    ['rooms', { by: 'members', after: 'a' }, false],
    ['rooms', { by: 'name', after: 'a' }, true],
    ['connections', { user: 'nobody', connection: 'none' }, false],
    ['connections', { connection: 'none', limit: 101 }, false],
    ['history', { room: 'doc', limit: 0 }, false],
    ['history', { room: 'doc', limit: 1.5 }, false],
    ['history', { room: 'doc', before: -1 }, false],
    ['history', { room: 'doc', before: Number.MAX_SAFE_INTEGER }, true],
    ['history', { room: 'doc', before: Number.MAX_SAFE_INTEGER + 1 }, false],
    ['broadcast', { rooms: Array.from({ length: 1001 }, () => 'doc'), data: 1 }, false],
    ['broadcast', { rooms: [], data: 1 }, false],
    ['announce', { data: { constructor: { prototype: 1 } } }, false],
    ['announce', { data: { constructor: 1, prototype: { constructor: {} } } }, true],
    ['announce', { data: JSON.parse('[{"__proto__":1}]') as unknown }, false],
    ['announce', { data: [Number.MAX_SAFE_INTEGER + 1] }, false],
    ['announce', { data: [1e-300, -1.5, Number.MIN_SAFE_INTEGER] }, true],
    ['announce', {}, false],
    ['batch', { commands: [] }, false],
    ['batch', { commands: [{ command: 'info' }] }, false],
    ['batch', { commands: [{ command: 'none', params: [] }] }, true],
    ['batch', { commands: [{ command: 'none', params: [Number.MAX_SAFE_INTEGER + 1] }] }, false],
    ['batch', { commands: Array.from({ length: 1001 }, () => ({ command: 'none', params: {} })) }, false],
    ['info', [], false],
    ['info', null, false],
  ];
  const CASES = BODIES.map(
    ([command, params, isTaken]) => [command, JSON.stringify(params).slice(0, 60), params, isTaken] as const,
  );

  let schemas: object;
  let paths: Readonly<Record<string, Schemas>>;

  beforeAll(async () => {
    const { body } = await api.call('openapi.json', undefined, { method: 'GET' });
    await register('documented');
    ({ schemas } = body['components'] as { schemas: object });
    paths = body['paths'] as Readonly<Record<string, Schemas>>;
  });

  interface Schemas {
    readonly post: {
      readonly requestBody: JsonContent;
      readonly responses: { readonly 200: JsonContent };
    };
  }
  interface JsonContent {
    readonly content: { readonly 'application/json': { readonly schema: object } };
  }

  it('is served, and describes every request and every answer as they are', async () => {
    expect(Object.keys(paths).sort()).toEqual(
      Object.keys(EXAMPLES)
        .map((name) => `/api/${name}`)
        .sort(),
    );
    for (const [name, params] of Object.entries(EXAMPLES)) {
      const { requestBody, responses } = paths[`/api/${name}`]?.post ?? {};
      expectValid(requestBody, params);
      // These gateways have no archive: services/archive/tests/integration/search.test.ts has the answers.
      const answer = name === 'search' ? { messages: [] } : await succeed(name, params);
      if (name !== 'batch') expectValid(responses?.['200'], answer);
      expectInvalid(requestBody, { unknown: 1 });
      expect((await api.call(name, { unknown: 1 })).status).toBe(400);
    }
  });

  it.each(CASES)('and the handler agree on %s of %s', async (...[command, , params, isTaken]) => {
    expect(validate(paths[`/api/${command}`]?.post.requestBody, params), 'the document').toBe(isTaken);
    const taken = command === 'search' ? 404 : 200;
    expect((await api.call(command, params)).status, 'the handler').toBe(isTaken ? taken : 400);
  });

  function validate(content: JsonContent | undefined, value: unknown): boolean {
    const schema = content?.content['application/json'].schema;
    if (schema === undefined) return false;
    const validator = new Ajv2020({
      strict: false,
      schemas: [{ $id: 'document', components: { schemas } }],
      formats: {
        'outcry-room': isRoomName,
        'outcry-room-pattern': isRoomPattern,
        'outcry-user': isAssignableUserName,
      },
    });
    const text = JSON.stringify(schema).replaceAll('#/components/', 'document#/components/');
    return validator.validate(JSON.parse(text) as object, value);
  }
  function expectValid(content: JsonContent | undefined, value: unknown): void {
    expect(validate(content, value), JSON.stringify(value)).toBe(true);
  }
  function expectInvalid(content: JsonContent | undefined, value: unknown): void {
    expect(validate(content, value), JSON.stringify(value)).toBe(false);
  }
});

/** What has had the most requests. */
function busiestOf(rows: unknown): { readonly requests: number } | undefined {
  return [...(rows as readonly { requests: number }[])].sort((a, b) => b.requests - a.requests)[0];
}

/** A header's bytes as fetch takes them. */
function encode(text: string | null): string | null {
  return text === null ? null : Buffer.from(text).toString('latin1');
}

function patterns(count: number): readonly (readonly [string, readonly string[]])[] {
  return Array.from({ length: count }, (_, i) => [`room-${String(i)}*`, ['read']]);
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}
