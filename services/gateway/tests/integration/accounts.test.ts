import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import {
  closeCode,
  type GatewayProcess,
  programOf,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { ApiClient } from '../support/api-client.ts';

const SECRET = 'a-secret-of-thirty-two-bytes-or-more-for-accounts';
const API_KEY = 'key-of-the-operator';
const CLI = programOf('tools/cli/src/main.ts');
const PASSWORD = 'correct horse';

/** What is asked through one gateway holds on the other. */
let redis: TestRedis;
let gateways: readonly [GatewayProcess, GatewayProcess];
let api: ApiClient;
const clients: RawClient[] = [];

beforeAll(async () => {
  redis = await startRedis();
  const redisPrefix = uniquePrefix();
  const shared = { redisUrl: redis.url, redisPrefix, apiKeys: API_KEY, authSecret: SECRET, accounts: true };
  gateways = await Promise.all([startGateway(shared), startGateway(shared)]);
  api = new ApiClient(gateways[0].internalUrl, API_KEY);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.socket.destroy();
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
  await redis.stop();
});

interface Answer {
  readonly status: number;
  readonly body: { readonly token?: string; readonly error?: { readonly code: string } };
}

async function ask(door: 'register' | 'login', user: string, password = PASSWORD): Promise<Answer> {
  const answer = await fetch(`${gateways[1].publicUrl}/auth/${door}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user, password }),
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

/** A session by an account's token, on the gateway that the operator does not speak to. */
async function enter({ body: { token } }: Answer): Promise<RawClient> {
  const client = await RawClient.connect({ url: gateways[1].url, encoding: 'json', token: String(token) });
  clients.push(client);
  return client;
}

async function outcry(args: readonly string[], { input = '', key = API_KEY }: { input?: string; key?: string } = {}) {
  const { CI: _, ...env } = process.env;
  const child = spawn(process.execPath, [CLI, 'account', ...args], {
    env: { ...env, OUTCRY_API_KEY: key, OUTCRY_API_URL: gateways[0].internalUrl },
    stdio: 'pipe',
  });
  child.stdin.end(input);
  const [[code], out, notes] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, out, notes };
}

it('deletes an account: its sessions end, its tokens and its password are good no longer, and nobody gets its name', async () => {
  const registered = await ask('register', 'ann');
  const session = await enter(registered);
  await session.next('welcome');
  const { status, body } = await api.call('deleteAccount', { user: 'ann' });
  expect({ status, body }).toEqual({ status: 200, body: { expiresAt: expect.any(Number) as number } });
  expect(await session.waitForClose()).toMatchObject({ code: closeCode('revoked').code });
  const again = await enter(registered);
  expect(await again.waitForClose()).toMatchObject({ code: closeCode('revoked').code });
  expect(await ask('login', 'ann')).toMatchObject({ status: 401, body: { error: { code: 'badCredentials' } } });
  expect(await ask('register', 'ann')).toMatchObject({ status: 409, body: { error: { code: 'nameTaken' } } });
  expect(await gateways[0].process.waitForLog('account deleted')).toMatchObject({ user: 'ann' });
});

it('resets a password: who had the old one is out, who has the new one comes in', async () => {
  const registered = await ask('register', 'bob');
  const session = await enter(registered);
  await session.next('welcome');
  const { status } = await api.call('resetPassword', { user: 'bob', password: 'battery staple' });
  expect(status).toBe(200);
  expect(await session.waitForClose()).toMatchObject({ code: closeCode('revoked').code });
  expect(await ask('login', 'bob')).toMatchObject({ status: 401 });
  const back = await enter(await ask('login', 'bob', 'battery staple'));
  expect(await back.next('welcome')).toMatchObject({ user: 'bob' });
  expect(await gateways[0].process.waitForLog('password reset')).toMatchObject({ user: 'bob' });
  expect(JSON.stringify(gateways.map((gateway) => gateway.process.log))).not.toContain('battery staple');
});

it.each([
  ['deleteAccount', { user: 'nobody' }, { status: 404, code: 'notFound', path: 'user' }],
  ['resetPassword', { user: 'nobody', password: PASSWORD }, { status: 404, code: 'notFound', path: 'user' }],
  ['deleteAccount', { user: 'Ann' }, { status: 400, code: 'malformed', path: 'user' }],
  ['deleteAccount', { user: 'guest-1' }, { status: 400, code: 'malformed', path: 'user' }],
  ['resetPassword', { user: 'ann', password: 'short' }, { status: 400, code: 'malformed', path: 'password' }],
  ['resetPassword', { user: 'ann' }, { status: 400, code: 'malformed', path: 'password' }],
])('refuses %s of %j', async (command, params, { status, ...error }) => {
  const answer = await api.call(command, params);
  expect(answer).toMatchObject({ status, body: { error: { ...error, retryable: false } } });
});

it('shows on the command line a password that it has made up', async () => {
  await ask('register', 'cy');
  const reset = await outcry(['reset', 'cy']);
  expect(reset).toMatchObject({ code: 0, notes: '' });
  expect(reset.out).toMatch(/^[\w-]{22}\n$/);
  expect(await ask('login', 'cy', reset.out.trim())).toMatchObject({ status: 200 });
}, 30_000);

it('shows on the command line no password that came in', async () => {
  await ask('register', 'dot');
  const given = await outcry(['reset', 'dot', '--password-stdin', '--json'], { input: 'battery staple\n' });
  expect(given.code).toBe(0);
  expect(JSON.parse(given.out)).toEqual({ user: 'dot', expiresAt: expect.any(Number) as number });
  expect(await ask('login', 'dot', 'battery staple')).toMatchObject({ status: 200 });
}, 30_000);

it('deletes from the command line', async () => {
  await ask('register', 'eve');
  const deleted = await outcry(['delete', 'eve']);
  expect(deleted).toEqual({ code: 0, out: 'eve is deleted, and nobody else gets the name\n', notes: '' });
  expect(await ask('login', 'eve')).toMatchObject({ status: 401 });
}, 30_000);

it.each([
  [['delete', 'nobody'], {}, { code: 1, notes: 'error: there never was an account nobody (notFound)\n' }],
  [['delete', 'nobody'], { key: 'not-a-key' }, { code: 1, notes: expect.stringContaining('(unauthorized)') as string }],
  [['reset', 'nobody', '--password-stdin'], {}, { code: 2, notes: 'error: no password came in\n' }],
  [
    ['delete', '--api', 'http://127.0.0.1:1', 'nobody'],
    {},
    { code: 3, notes: expect.stringMatching(/^error: http:\/\/127.0.0.1:1 does not answer/) as string },
  ],
])(
  'says on the command line why it is refused: %j %j',
  async (args, given, expected) => {
    expect(await outcry(args, given)).toEqual({ ...expected, out: '' });
  },
  30_000,
);
