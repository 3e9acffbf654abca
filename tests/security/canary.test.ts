import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type GatewayProcess,
  HandshakeRefusedError,
  makeToken,
  RawClient,
  type RawClientOptions,
  ServiceProcess,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { outcomeOfEnd } from './support/outcome.ts';
import { addRow } from './support/table.ts';

const GATEWAY = 'services/gateway/src/main.ts';

/** A secret for each door, so that a leak says where it comes from. Each is what an attacker would look for: a plain word. */
const CANARIES = {
  secret: 'canary-of-the-shared-secret-0123456789',
  apiKey: 'canary-of-the-api-key-0123456789',
  wrongApiKey: 'canary-of-a-wrong-api-key',
  redisPassword: 'canary-of-the-redis-password',
  wrongRedisPassword: 'canary-of-a-wrong-redis-password',
  password: 'canary-of-an-account-password',
  wrongPassword: 'canary-of-a-wrong-password',
  header: 'canary-of-a-header',
  query: 'canary-of-the-query',
  cookie: 'canary-of-a-cookie',
  subprotocol: 'canary-of-the-subprotocol',
  authFrame: 'canary-of-an-auth-frame',
  tokenId: 'canary-of-a-jti',
  badFrame: 'canary-of-a-bad-frame',
  badField: 'Canary-Of-A-Bad-Field',
  payload: 'canary-of-a-payload',
  apiBody: 'canary-of-a-body',
} as const;

let redis: TestRedis;
let gateway: GatewayProcess;
let consoleDir: string;
const tokens = {
  good: makeToken(CANARIES.secret, {
    sub: 'dora',
    claims: { jti: CANARIES.tokenId, rooms: { '*': ['read', 'write'] } },
  }),
  forged: makeToken('a secret of somebody else, of any length', { sub: 'dora', claims: { jti: CANARIES.tokenId } }),
  expired: makeToken(CANARIES.secret, { sub: 'dora', claims: { jti: CANARIES.tokenId }, lifetimeSeconds: -60 }),
};
/** Whatever the gateway has said on any way but to the one whose secret it is. */
const heard: string[] = [];

beforeAll(async () => {
  consoleDir = await mkdtemp(join(tmpdir(), 'canary-'));
  await writeFile(join(consoleDir, 'index.html'), '<!doctype html>');
  redis = await startRedis({ args: ['--requirepass', CANARIES.redisPassword] });
  gateway = await startGateway({
    redisUrl: redisUrl(CANARIES.redisPassword),
    redisPrefix: uniquePrefix(),
    apiKeys: CANARIES.apiKey,
    authSecret: CANARIES.secret,
    authCookie: 'session',
    authQuery: true,
    accounts: true,
    console: true,
    consoleDir,
    logLevel: 'trace',
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis.stop();
  await rm(consoleDir, { recursive: true });
});

test('a secret that came to any door is in no log line, metric, error or answer', async () => {
  await Promise.all([
    tryHandshakes(),
    tryFrames(),
    tryAccounts(),
    tryServerApi(),
    tryConsole(),
    startWithWrongPassword(),
    checkConfig(),
  ]);
  heard.push(await (await fetch(`${gateway.internalUrl}/metrics`)).text(), ...gateway.process.output);
  const said = heard.join('\n');
  // What was asked did leave traces: those of the door, without the secret.
  for (const trace of [
    'gateway listening',
    'outcry_gateway_token_refusals_total',
    'malformed frame',
    'it does not know this user with this password',
    '[redacted]',
  ]) {
    expect(said).toContain(trace);
  }
  const secrets = { ...CANARIES, ...tokens };
  const leaks = Object.entries(secrets).filter(([, secret]) => formsOf(secret).some((form) => said.includes(form)));
  addRow({
    attack: 'secrets are brought to every door, and looked for in all that is said',
    tried: Object.keys(secrets).length,
    refused: Object.keys(secrets).length - leaks.length,
    hasSurvived: true,
  });
  expect(leaks.map(([door]) => door)).toEqual([]);
});

/** As it came, and as encodings that logs like to show it in. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString('hex'), bytes.toString('base64url').slice(0, -2)];
}

function redisUrl(password: string): string {
  return `redis://:${password}@${redis.host}:${String(redis.port)}`;
}

async function tryHandshakes(): Promise<void> {
  const { url } = gateway;
  const headers = { Authorization: `Bearer ${CANARIES.header}`, 'X-Secret': CANARIES.header };
  await visit({ url, encoding: 'json', headers, token: CANARIES.subprotocol });
  await visit({ url, encoding: 'json', subprotocols: [`bearer.${CANARIES.subprotocol}`] });
  await visit({ url: `${url}?token=${CANARIES.query}&x=${CANARIES.query}`, encoding: 'json' });
  await visit({ url: `${gateway.feedUrl}?symbol=${CANARIES.query}&token=${CANARIES.query}`, encoding: 'json' });
  await visit({ url, encoding: 'json', headers: { Cookie: `session=${CANARIES.cookie}` } });
  for (const token of Object.values(tokens)) {
    await visit({ url, encoding: 'json', token }, say({ type: 'ping' }, 'not JSON'));
    await visit({ url: `${url}?token=${token}`, encoding: 'json' }, say('not JSON'));
    await visit({ url, encoding: 'json', headers: { Cookie: `session=${token}` } }, say('not JSON'));
  }
  heard.push(await (await fetch(`${gateway.publicUrl}/${CANARIES.query}?token=${CANARIES.query}`)).text());
}

async function tryFrames(): Promise<void> {
  const { url } = gateway;
  const auth = (token: string): object => ({ type: 'auth', token });
  for (const token of [CANARIES.authFrame, tokens.forged, tokens.expired]) {
    await visit({ url, encoding: 'json' }, say(auth(token)));
    await visit({ url, encoding: 'json', token: tokens.good }, say(auth(token), 'not JSON'));
  }
  const requests = [
    { type: 'join', room: CANARIES.badField },
    { type: 'join', room: 'lobby' },
    { type: 'publish', room: 'lobby', data: CANARIES.payload },
    { type: 'publish', room: 'lobby', data: 1, key: `${CANARIES.badField} ` },
    { type: 'signal', room: 'lobby', name: CANARIES.badField, data: CANARIES.payload },
    { type: 'subscribe', symbol: CANARIES.badField, depth: 1, interval: 1 },
    { type: 'history', room: 'lobby', limit: CANARIES.badField },
  ];
  await visit({ url, encoding: 'json', token: tokens.good }, say(...requests, `{"type":"ping","${CANARIES.badFrame}`));
  await visit({ url, encoding: 'json' }, say(CANARIES.badFrame));
}

/** Says things, the last of which ends the connection. Strings go as they are. */
function say(...frames: readonly (object | string)[]): (client: RawClient) => void {
  return ({ socket }) => {
    for (const frame of frames) socket.sendText(typeof frame === 'string' ? frame : JSON.stringify(frame));
  };
}

/** Connects, waits until the gateway ends it, and keeps what it said. A member's own message is an answer to nobody else. */
async function visit(options: RawClientOptions, act: (client: RawClient) => void = () => undefined): Promise<void> {
  let client: RawClient;
  try {
    client = await RawClient.connect(options);
  } catch (err) {
    if (!(err instanceof HandshakeRefusedError)) throw err;
    heard.push(JSON.stringify(err.response));
    return;
  }
  act(client);
  heard.push(JSON.stringify(client.socket.response), await outcomeOfEnd(client.socket));
  heard.push(...client.received.filter(({ type }) => type !== 'message').map((frame) => JSON.stringify(frame)));
}

async function tryAccounts(): Promise<void> {
  const { password, wrongPassword } = CANARIES;
  const headers = { 'content-type': 'application/json' };
  const post = async (path: string, body: string): Promise<string> =>
    (await fetch(`${gateway.publicUrl}/auth/${path}`, { method: 'POST', headers, body })).text();
  await post('register', JSON.stringify({ user: 'nell', password }));
  for (const [path, body] of [
    ['register', JSON.stringify({ user: 'nell', password: wrongPassword })],
    ['register', JSON.stringify({ user: password, password: [wrongPassword] })],
    ['login', JSON.stringify({ user: 'nell', password: wrongPassword })],
    ['login', `{"user":"nell","password":"${wrongPassword}`],
  ] as const) {
    heard.push(await post(path, body));
  }
}

async function tryServerApi(): Promise<void> {
  const call = async (key: string, body: string): Promise<void> => {
    const headers = { authorization: `Bearer ${key}`, cookie: `key=${key}` };
    const url = `${gateway.internalUrl}/api/publish?key=${key}`;
    heard.push(await (await fetch(url, { method: 'POST', headers, body })).text());
  };
  await call(CANARIES.wrongApiKey, '{}');
  await call(CANARIES.apiKey, JSON.stringify({ room: 'lobby', data: CANARIES.payload }));
  await call(CANARIES.apiKey, JSON.stringify({ room: CANARIES.badField, data: CANARIES.apiBody }));
  await call(CANARIES.apiKey, `{"room":"${CANARIES.apiBody}`);
}

async function tryConsole(): Promise<void> {
  const url = `${gateway.internalUrl.replace('http', 'ws')}/console/live`;
  const headers = { Authorization: `Bearer ${CANARIES.header}`, Cookie: `key=${CANARIES.cookie}` };
  const bad = `{"type":"ping","${CANARIES.badFrame}`;
  for (const token of [CANARIES.apiKey, CANARIES.wrongApiKey, CANARIES.subprotocol]) {
    await visit({ url, encoding: 'json', headers, token }, say({ type: 'join', room: CANARIES.badField }, bad));
    await visit({ url, encoding: 'json' }, say({ type: 'auth', token }, bad));
    await visit({ url: `${url}?token=${CANARIES.query}`, encoding: 'json', token, headers: { Origin: 'null' } });
  }
  await visit({ url, encoding: 'json' }, say({ type: 'auth', token: CANARIES.authFrame }));
}

async function startWithWrongPassword(): Promise<void> {
  await listenTo({ OUTCRY_REDIS_URL: redisUrl(CANARIES.wrongRedisPassword), OUTCRY_LOG_LEVEL: 'trace' });
}

async function checkConfig(): Promise<void> {
  const env = {
    OUTCRY_REDIS_URL: redisUrl(CANARIES.redisPassword),
    OUTCRY_AUTH_SECRET: CANARIES.secret,
    OUTCRY_API_KEYS: CANARIES.apiKey,
  };
  await listenTo(env, ['--check-config']);
  await listenTo({ ...env, OUTCRY_API_KEYS: `${CANARIES.apiKey} ${CANARIES.wrongApiKey}` });
}

/** Runs a gateway that ends by itself. */
async function listenTo(env: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<void> {
  const process = new ServiceProcess({ entry: GATEWAY, env, args });
  await process.exited;
  heard.push(...process.output);
}
