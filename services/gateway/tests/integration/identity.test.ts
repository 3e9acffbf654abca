import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  closeCode,
  type GatewayProcess,
  makeToken,
  RawClient,
  type RawClientOptions,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { ApiClient } from '../support/api-client.ts';

const SECRET = 'canary-secret-that-must-be-seen-nowhere';
const API_KEY = 'canary-key-of-a-server';
const LOGINS_PER_MINUTE = 30;
const CANARY = 'canaryCANARYcanary';
/** A revocation is in force everywhere within this. */
const REVOCATION_DEADLINE_MS = 2000;

interface AccountAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: { readonly token?: string; readonly error?: unknown };
}

const keysFolder = mkdtempSync(join(tmpdir(), 'outcry-keys-'));
const KEYS_FILE = join(keysFolder, 'keys.json');

let redis: TestRedis;
const redisPrefix = uniquePrefix();
let gateways: readonly [GatewayProcess, GatewayProcess];
let api: ApiClient;
const clients: RawClient[] = [];

beforeAll(async () => {
  writeKeys('old');
  redis = await startRedis();
  const shared = {
    redisUrl: redis.url,
    redisPrefix,
    apiKeys: API_KEY,
    authSecret: SECRET,
    authKeysFile: KEYS_FILE,
    authCookie: 'session',
    authQuery: true,
    accounts: true,
    maxLoginsPerMinute: LOGINS_PER_MINUTE,
    trustedProxies: '127.0.0.0/8',
    logLevel: 'trace',
  };
  gateways = await Promise.all([startGateway(shared), startGateway(shared)]);
  api = new ApiClient(gateways[0].internalUrl, API_KEY);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.socket.destroy();
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
  await redis.stop();
  rmSync(keysFolder, { recursive: true });
});

function secretOf(kid: string): string {
  return `the ${kid} secret of thirty-two bytes or more`;
}

/** Replaces the keys file by one with the keys of these names. */
function writeKeys(...kids: readonly string[]): void {
  const keys = kids.map((kid) => ({
    kid,
    kty: 'oct',
    alg: 'HS256',
    k: Buffer.from(secretOf(kid)).toString('base64url'),
  }));
  writeFileSync(`${KEYS_FILE}.next`, JSON.stringify({ keys }));
  renameSync(`${KEYS_FILE}.next`, KEYS_FILE);
}

async function connect(gateway: GatewayProcess, options: Partial<RawClientOptions> = {}): Promise<RawClient> {
  const client = await RawClient.connect({ url: gateway.url, encoding: 'json', ...options });
  clients.push(client);
  return client;
}

/** The ways in, each with a token. */
const DOORS: Readonly<Record<string, (gateway: GatewayProcess, token: string) => Promise<RawClient>>> = {
  subprotocol: (gateway, token) => connect(gateway, { token }),
  query: (gateway, token) => connect(gateway, { url: `${gateway.url}?token=${token}` }),
  cookie: (gateway, token) => connect(gateway, { headers: { Cookie: `a=b; session=${token}` } }),
  frame: async (gateway, token) => {
    const client = await connect(gateway);
    client.send({ type: 'auth', id: 'auth', token });
    return client;
  },
};

const GRANTS = { rooms: { 'team.*': ['read', 'write'] } };

describe.each(Object.entries(DOORS))('a token by the %s', (_, enter) => {
  it('makes its user known on every gateway, and says nothing of the token', async () => {
    const members = await Promise.all(
      gateways.map((gateway, i) => enter(gateway, makeToken(SECRET, { sub: `user-${String(i)}`, claims: GRANTS }))),
    );
    for (const [i, member] of members.entries()) {
      const { user } = await member.next('welcome');
      expect(user).toBe(`user-${String(i)}`);
      await member.expectAnswer('joined', { type: 'join', room: 'team.a', history: 0 });
    }
    const [first, second] = members;
    await first?.expectAnswer('ack', { type: 'publish', room: 'team.a', data: 'hello' });
    expect(await second?.next({ type: 'message', room: 'team.a' })).toMatchObject({ from: 'user-0', data: 'hello' });
    expect(await first?.request({ type: 'join', room: 'else' })).toMatchObject({ code: 'forbidden' });
    expect(JSON.stringify(members.map(({ socket }) => socket.response.headers))).not.toContain('bearer');
  });

  it('is refused where it is not good', async () => {
    const forged = await enter(gateways[0], makeToken('another secret', { claims: { jti: CANARY } }));
    expect(await forged.waitForClose()).toMatchObject({ code: closeCode('unauthenticated').code });
    const stale = await enter(gateways[1], makeToken(SECRET, { lifetimeSeconds: -60, claims: { jti: CANARY } }));
    expect(await stale.waitForClose()).toMatchObject({ code: closeCode('tokenExpired').code });
  });
});

describe('the keys file', () => {
  const keyed = (kid: string): Promise<RawClient> =>
    connect(gateways[0], { token: makeToken(secretOf(kid), { sub: kid, header: { kid } }) });

  it('takes a new key in and an old one out without a restart, and sessions stay', async () => {
    const old = await keyed('old');
    await old.next('welcome');
    expect(await (await keyed('new')).waitForClose()).toMatchObject({ code: closeCode('unauthenticated').code });
    writeKeys('new');
    await gateways[0].process.waitForLog('keys file read again');
    expect(await (await keyed('new')).next('welcome')).toMatchObject({ user: 'new' });
    expect(await (await keyed('old')).waitForClose()).toMatchObject({ code: closeCode('unauthenticated').code });
    await old.expectAnswer('pong', { type: 'ping' });
  });

  it('is read again at once on SIGHUP', async () => {
    gateways[0].process.reload();
    expect(await gateways[0].process.waitForLog('keys file read again')).toMatchObject({ path: KEYS_FILE });
    const client = await connect(gateways[0], { token: makeToken(SECRET) });
    await client.next('welcome');
  });
});

describe('a revocation', () => {
  it.each([
    ['of a token', 'id-1', { token: 'id-1' }],
    ['of a user', 'id-2', { user: 'ann' }],
  ])('%s ends its sessions on every gateway within two seconds, and keeps them out', async (_, jti, subject) => {
    const token = makeToken(SECRET, { claims: { jti } });
    const meant = await Promise.all(gateways.map((gateway) => connect(gateway, { token })));
    const bob = await connect(gateways[1], { token: makeToken(SECRET, { sub: 'bob' }) });
    for (const client of [...meant, bob]) await client.next('welcome');
    const startedAt = performance.now();
    expect(await api.call('revoke', subject)).toMatchObject({ status: 200 });
    const ends = await Promise.all(meant.map((client) => client.waitForClose(REVOCATION_DEADLINE_MS)));
    process.stdout.write(`revoked on both gateways after ${(performance.now() - startedAt).toFixed(0)} ms\n`);
    for (const end of ends) expect(end).toMatchObject({ code: closeCode('revoked').code });
    for (const gateway of gateways) {
      const again = await connect(gateway, { token });
      expect(await again.waitForClose()).toMatchObject({ code: closeCode('revoked').code });
    }
    await bob.expectAnswer('pong', { type: 'ping' });
  });

  it('is known to a gateway that starts later', async () => {
    await api.call('revoke', { token: 'id-3' });
    await using late = await startGateway({ redisUrl: redis.url, redisPrefix, authSecret: SECRET });
    const client = await connect(late, { token: makeToken(SECRET, { sub: 'carl', claims: { jti: 'id-3' } }) });
    expect(await client.waitForClose()).toMatchObject({ code: closeCode('revoked').code });
  });
});

describe('an account', () => {
  const credentials = { user: 'eve', password: `${CANARY} password` };

  type Post = (gateway: GatewayProcess, path: string, body: unknown) => Promise<AccountAnswer>;

  function postFrom(address: string): Post {
    return async (gateway, path, body) => {
      const response = await fetch(`${gateway.publicUrl}/auth/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const answer = (await response.json()) as AccountAnswer['body'];
      return { status: response.status, retryAfter: response.headers.get('retry-after'), body: answer };
    };
  }
  const post = postFrom('192.0.2.1');

  it('is registered once in the cluster, and its tokens are taken by every gateway', async () => {
    const answers = await Promise.all(gateways.map((gateway) => post(gateway, 'register', credentials)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const registered = answers.find(({ status }) => status === 201)?.body;
    const loggedIn = await post(gateways[1], 'login', credentials);
    expect(loggedIn.status).toBe(200);
    for (const [i, token] of [registered?.token, loggedIn.body.token].entries()) {
      const client = await connect(gateways[i === 0 ? 0 : 1], { token: token ?? '' });
      expect(await client.next('welcome')).toMatchObject({ user: 'eve' });
    }
  });

  it('is not told from one that nobody has, when the password is wrong', async () => {
    const wrong = await post(gateways[0], 'login', { ...credentials, password: 'wrong password' });
    const nobody = await post(gateways[1], 'login', { ...credentials, user: 'nobody' });
    expect(wrong).toMatchObject({ status: 401, body: { error: { code: 'badCredentials' } } });
    expect(nobody).toEqual(wrong);
  });

  it('can be tried ten times a minute, on all gateways together', async () => {
    const answers = await Promise.all(
      // From addresses of their own: this is about the name, and takes nothing of what other tests may send.
      Array.from({ length: 20 }, (_, i) =>
        postFrom(`203.0.113.${String(i)}`)(gateways[i % 2 === 0 ? 0 : 1], 'login', {
          user: 'nemo',
          password: 'wrong password',
        }),
      ),
    );
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThanOrEqual(2);
    expect(limited[0]?.body.error).toMatchObject({ code: 'rateLimited', retryable: true });
  });

  it('can be tried by one address so often a minute, on all gateways together', async () => {
    const answers = await Promise.all(
      Array.from({ length: 2 * LOGINS_PER_MINUTE }, (_, i) =>
        postFrom('198.51.100.1')(gateways[i % 2 === 0 ? 0 : 1], 'login', '{'),
      ),
    );
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThanOrEqual(2);
    expect(limited[0]).toMatchObject({ retryAfter: '2', body: { error: { code: 'rateLimited', retryable: true } } });
    expect(await postFrom('198.51.100.2')(gateways[0], 'login', '{')).toMatchObject({ status: 400 });
  });

  it.each([
    ['no JSON', '{', 400],
    ['a short password', { user: 'fay', password: 'short' }, 400],
    ['a name that is none', { user: 'Fay!', password: 'long enough' }, 400],
    ['the name all', { user: 'all', password: 'long enough' }, 400],
    ['a name of guests', { user: 'guest-1', password: 'long enough' }, 400],
    ['more fields', { user: 'fay', password: 'long enough', rooms: {} }, 400],
    ['more than a request may be', { user: 'fay', password: 'x'.repeat(5000) }, 413],
  ])('is refused with %s', async (_, body, status) => {
    expect((await post(gateways[0], 'register', body)).status).toBe(status);
  });

  it('is not made by a form of another site', async () => {
    const body = JSON.stringify({ user: 'fay', password: 'long enough' });
    const response = await fetch(`${gateways[0].publicUrl}/auth/register`, { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('what is secret', () => {
  it('is in no log line and no metric, whatever door it came to', async () => {
    for (const enter of Object.values(DOORS)) {
      for (const key of [SECRET, 'another secret']) {
        const client = await enter(gateways[0], makeToken(key, { sub: 'dora', claims: { jti: CANARY } }));
        await (key === SECRET ? client.next('welcome') : client.waitForClose());
      }
      const garbage = await enter(gateways[0], CANARY);
      await garbage.waitForClose();
    }
    await api.call('revoke', { token: CANARY }, { authorization: `Bearer ${CANARY}` });
    const metrics = await (await fetch(`${gateways[0].internalUrl}/metrics`)).text();
    expect(metrics).toContain('outcry_gateway_token_refusals_total{reason="signature"}');
    const said = `${metrics}\n${gateways[0].process.output.join('\n')}`;
    expect(said).toContain('gateway listening');
    for (const secret of [SECRET, API_KEY, CANARY, makeToken(SECRET).split('.')[0] ?? '']) {
      expect(said).not.toContain(secret);
    }
  });
});
