import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';

import {
  closeCode,
  type GatewayProcess,
  makeToken,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const SCRIPT = `${'export const answer = 42; '.repeat(100)}\n`;

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Headers as lines, so that a name may come twice. */
function ask(url: string, method = 'GET', headers: readonly string[] = []): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { host } = new URL(url);
    const attempt = request(url, { method, headers: ['host', host, ...headers] }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    attempt.once('upgrade', ({ statusCode, headers: given }, socket) => {
      socket.destroy();
      resolve({ status: statusCode, headers: given, body: Buffer.alloc(0) });
    });
    attempt.once('error', reject);
    attempt.end();
  });
}

function handshakeLines(changes: Readonly<Record<string, string | undefined>> = {}): string[] {
  const lines: Readonly<Record<string, string | undefined>> = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    ...changes,
  };
  return Object.entries(lines).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}

describe('the public port', () => {
  let redis: TestRedis;
  let gateway: GatewayProcess;
  let page: string;
  beforeAll(async () => {
    page = mkdtempSync(join(tmpdir(), 'outcry-page-'));
    mkdirSync(join(page, 'assets'));
    writeFileSync(join(page, 'index.html'), '<!doctype html>');
    writeFileSync(join(page, 'assets/app.js'), SCRIPT);
    writeFileSync(join(page, 'assets/app.js.br'), brotliCompressSync(SCRIPT));
    writeFileSync(join(page, 'assets/app.js.gz'), gzipSync(SCRIPT));
    redis = await startRedis();
    gateway = await startGateway({
      redisUrl: redis.url,
      demo: true,
      demoDir: page,
      accounts: true,
      authSecret: SECRET,
      authCookie: 'session',
      trustedProxies: '127.0.0.0/8',
      maxConnectionsPerAddress: 1,
    });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await redis.stop();
    rmSync(page, { recursive: true });
  });

  it.each([
    ['br', 'gzip, deflate, br', brotliDecompressSync],
    ['gzip', 'gzip, deflate', gunzipSync],
    [undefined, 'identity', (body: Buffer) => body],
  ] as const)('sends the page’s script as %s to who takes %s', async (encoding, accepted, open) => {
    const url = `${gateway.publicUrl}/assets/app.js`;
    const { status, headers, body } = await ask(url, 'GET', ['accept-encoding', accepted]);
    expect(status).toBe(200);
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers).toMatchObject({ vary: 'accept-encoding', 'content-type': 'text/javascript; charset=utf-8' });
    expect(open(body).toString()).toBe(SCRIPT);
  });

  it('answers HEAD with what GET would say, and no body', async () => {
    const { status, headers, body } = await ask(`${gateway.publicUrl}/assets/app.js`, 'HEAD');
    expect(status).toBe(200);
    expect(headers['content-length']).toBe(String(SCRIPT.length));
    expect(body).toHaveLength(0);
    expect((await ask(`${gateway.publicUrl}/`, 'HEAD')).status).toBe(200);
    expect((await ask(`${gateway.publicUrl}/nothing`, 'HEAD')).status).toBe(404);
  });

  it.each(['/', '/nothing', '/auth/login'])('names the methods that %s takes', async (path) => {
    const allowed = path === '/auth/login' ? 'POST' : 'GET, HEAD';
    const { status, headers } = await ask(`${gateway.publicUrl}${path}`, 'DELETE');
    expect({ status, allow: headers['allow'] }).toEqual({ status: 405, allow: allowed });
    const read = await ask(`${gateway.publicUrl}${path}`);
    expect(read.status).toBe({ '/': 200, '/nothing': 404, '/auth/login': 405 }[path]);
  });

  it.each(['/ws', '/orderbookfeed'])('asks for an upgrade at %s', async (path) => {
    for (const lines of [
      [],
      handshakeLines({ upgrade: undefined, connection: undefined }),
      handshakeLines({ upgrade: 'h2c' }),
      handshakeLines({ upgrade: 'h2c, websockets' }),
      handshakeLines({ connection: undefined }),
      handshakeLines({ connection: 'keep-alive' }),
      handshakeLines({ 'sec-websocket-version': undefined }),
      handshakeLines({ 'sec-websocket-version': '8' }),
      [...handshakeLines({ 'sec-websocket-version': '13' }), 'sec-websocket-version', '8'],
    ]) {
      const { status, headers, body } = await ask(`${gateway.publicUrl}${path}`, 'GET', lines);
      expect(status).toBe(426);
      expect(headers).toMatchObject({ upgrade: 'websocket', 'sec-websocket-version': '13' });
      expect(JSON.parse(body.toString())).toMatchObject({ error: { code: 'badRequest' } });
    }
  });

  it.each(['/ws', '/orderbookfeed'])('refuses a key that is none at %s', async (path) => {
    // Of 24 characters: a shorter or longer one is none to uWS either, and asks for nothing (426).
    const keys = [`${'A'.repeat(21)}B==`, randomBytes(18).toString('base64'), '!'.repeat(24)];
    for (const key of keys) {
      const lines = handshakeLines({ 'sec-websocket-key': key });
      const { status, body } = await ask(`${gateway.publicUrl}${path}`, 'GET', lines);
      expect(status, key).toBe(400);
      expect(JSON.parse(body.toString())).toMatchObject({ error: { code: 'badRequest', retryable: false } });
    }
  });

  it('upgrades whoever asks for it in as many words and lines as RFC 9110 allows', async () => {
    const lines = handshakeLines({ upgrade: 'h2c, WebSocket', connection: undefined });
    const all = [...lines, 'connection', 'keep-alive', 'connection', 'te, upgrade'];
    const offer = ['sec-websocket-protocol', `outcry.v1.json, bearer.${makeToken(SECRET)}`];
    expect((await ask(gateway.url.replace('ws:', 'http:'), 'GET', [...all, ...offer])).status).toBe(101);
  });

  it('takes subprotocols from several header lines, the token among them', async () => {
    const [one, other] = ['outcry.v1.msgpack', `bearer.${makeToken(SECRET)}`];
    const subprotocol = 'sec-websocket-protocol';
    const lines = [...handshakeLines(), subprotocol, one, subprotocol, other];
    const { status, headers } = await ask(gateway.url.replace('ws:', 'http:'), 'GET', lines);
    expect({ status, chosen: headers[subprotocol] }).toEqual({ status: 101, chosen: one });
  });

  it('finds its cookie in whichever line it comes', async () => {
    const session = `session=${makeToken(SECRET, { claims: { sub: 'cookie-monster' } })}`;
    // Names differ by case alone, so both lines are sent.
    const headers = { Cookie: 'theme=dark', cookie: session, 'X-Forwarded-For': '198.51.100.99' };
    const client = await RawClient.connect({ url: gateway.url, encoding: 'json', headers });
    onTestFinished(() => {
      client.socket.destroy();
    });
    expect(await client.next('welcome')).toMatchObject({ user: 'cookie-monster' });
  });

  it('tells clients apart whose proxy writes ports, and counts what it cannot read', async () => {
    const visit = async (forwardedFor: string): Promise<RawClient> => {
      const headers = { 'X-Forwarded-For': forwardedFor };
      const token = makeToken(SECRET, { claims: { sub: 'ann' } });
      const client = await RawClient.connect({ url: gateway.url, encoding: 'json', headers, token });
      onTestFinished(() => {
        client.socket.destroy();
      });
      return client;
    };
    const clients = [
      await visit('198.51.100.1:51234'),
      await visit('198.51.100.2:51234'),
      await visit('[2001:db8::1]:1'),
    ];
    for (const client of clients) await client.expectAnswer('pong', { type: 'ping' });
    const again = await visit('"198.51.100.1:4711"');
    expect(await again.waitForClose()).toMatchObject({ code: closeCode('quotaExceeded').code });
    await visit('not-an-address');
    const metrics = await (await fetch(`${gateway.internalUrl}/metrics`)).text();
    expect(metrics).toMatch(/^outcry_gateway_forwarded_unreadable_total 1$/m);
  });
});
