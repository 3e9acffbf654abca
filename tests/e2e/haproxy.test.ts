import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  closeCode,
  createCertificate,
  type GatewayProcess,
  negotiateSuite,
  RawClient,
  RawSocket,
  RedisProcess,
  startGateway,
  startRedis,
  type TestCertificate,
  type TestRedis,
} from '@outcry/testkit';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { last } from '../support/eventually.ts';
import { configureHaproxy, Haproxy } from './support/haproxy.ts';

const DEADLINE_MS = 30_000;
/** At once, more than twice what the listen queues of two gateways hold. */
const STORM = 4000;
const LOOK_MS = 50;

function check(
  file: string,
  environment: Readonly<Record<string, string>>,
): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('haproxy', ['-c', '-f', file], {
    env: { ...process.env, ...environment },
  });
  return { status, said: `${stdout.toString()}${stderr.toString()}` };
}

describe('HAProxy with the configuration of the deployment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-tls-'));
  const tls = join(folder, 'tls');
  let certificate: TestCertificate;
  let ca: Buffer;
  let redis: TestRedis;
  let gateway: GatewayProcess;
  let haproxy: Haproxy;

  beforeAll(async () => {
    certificate = createCertificate('rsa');
    ca = readFileSync(certificate.certFile);
    mkdirSync(tls);
    writeFileSync(join(tls, 'localhost.pem'), Buffer.concat([readFileSync(certificate.keyFile), ca]));
    redis = await startRedis();
    gateway = await startGateway({ redisUrl: redis.url, trustedProxies: '127.0.0.1/32' });
    haproxy = await Haproxy.start({ gateways: [gateway], tlsFolder: tls });
  });
  afterAll(async () => {
    await haproxy[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
    await redis.stop();
    certificate[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['with TLS', { OUTCRY_TLS: 'true' }],
    ['with TLS and IPv6', { OUTCRY_TLS: 'true', OUTCRY_IPV6: 'true' }],
    ['with IPv6', { OUTCRY_IPV6: 'true' }],
    ['without', {}],
  ])('is taken %s', (_, environment) => {
    const path = join(folder, 'as-it-is.cfg');
    // As it is, but for the folder of the certificates.
    writeFileSync(path, configureHaproxy({ '/etc/haproxy/tls/': `${tls}/` }));
    expect(check(path, environment)).toMatchObject({
      status: 0,
      said: expect.not.stringMatching(/warning|alert/i) as string,
    });
  });

  it('speaks TLS 1.2 with forward secrecy alone, and 1.3', async () => {
    const { port } = haproxy;
    for (const weak of ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES256-SHA', 'ECDHE-RSA-AES128-SHA']) {
      expect(await negotiateSuite({ port, ca, ciphers: weak }), weak).toBe('refused');
    }
    expect(await negotiateSuite({ port, ca, ciphers: 'ECDHE+AESGCM' })).toMatch(/^ECDHE-RSA-.*-GCM-/);
    expect(await negotiateSuite({ port, ca, ciphers: 'ECDHE+CHACHA20' })).toMatch(/^ECDHE-RSA-CHACHA20-/);
    const newest = { ciphers: 'TLS_AES_128_GCM_SHA256', maxVersion: 'TLSv1.3' } as const;
    expect(await negotiateSuite({ port, ca, ...newest })).toBe('TLS_AES_128_GCM_SHA256');
    expect(await negotiateSuite({ port, ca, ciphers: 'ALL:@SECLEVEL=0', maxVersion: 'TLSv1.1' })).toBe('refused');
  });

  it('brings WebSockets to a gateway that is ready, and keeps pages at TLS', async () => {
    expect((await ask('/')).headers['strict-transport-security']).toBe('max-age=31536000');
    const socket = new WebSocket(`wss://localhost:${String(haproxy.port)}/ws`, 'outcry.v1.json', { ca, family: 4 });
    const [welcome] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(welcome.toString())).toMatchObject({ type: 'welcome' });
    socket.terminate();
  });

  function ask(path: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const attempt = request({ host: 'localhost', port: haproxy.port, path, ca, family: 4 }, (response) => {
        response.resume();
        resolve(response);
      });
      attempt.once('error', reject);
      attempt.end();
    });
  }
});

describe('two gateways behind HAProxy', () => {
  let redis: TestRedis;
  let gateways: readonly [GatewayProcess, GatewayProcess];
  let haproxy: Haproxy;

  beforeAll(async () => {
    redis = await startRedis();
    const settings = { redisUrl: redis.url, trustedProxies: '127.0.0.1/32' };
    gateways = [await startGateway(settings), await startGateway(settings)];
    haproxy = await Haproxy.start({ gateways });
  });
  afterAll(async () => {
    await haproxy[Symbol.asyncDispose]();
    await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
    await redis.stop();
  });

  async function untilTaken(...expected: readonly string[]): Promise<void> {
    await expect.poll(() => haproxy.statuses(), { timeout: DEADLINE_MS }).toEqual(expected);
  }

  const connect = (): Promise<RawSocket> =>
    RawSocket.connect({ url: `ws://127.0.0.1:${String(haproxy.port)}/ws`, subprotocols: ['outcry.v1.json'] });

  it('take 4,000 clients at once though one of them is frozen, and only that one is taken out, with what it has', async () => {
    const [frozen] = gateways;
    // One each.
    const before = [await connect(), await connect()];
    frozen.process.freeze();
    const seen = new Set<string | undefined>();
    const looking = new AbortController();
    const looks = lookAgainAndAgain(async () => seen.add((await haproxy.statuses())[1]), looking.signal);
    const outcomes = await Promise.allSettled(Array.from({ length: STORM }, connect));
    const clients = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    await untilTaken('DOWN', 'UP');
    await expect.poll(() => haproxy.lines.filter((line) => line.includes('gateway-0 is DOWN'))).toHaveLength(1);
    const { code } = await Promise.race(before.map(({ closed }) => closed));
    looking.abort();
    await looks;
    for (const client of [...before, ...clients]) client.destroy();
    frozen.process.thaw();
    expect(clients).toHaveLength(STORM);
    expect(code).toBe(1006);
    expect([...seen]).toEqual(['UP']);
    await untilTaken('UP', 'UP');
    await expect.poll(() => haproxy.lines.filter((line) => line.includes('gateway-0 is UP'))).toHaveLength(1);
    expect(haproxy.lines.filter((line) => line.includes('gateway-0 is DOWN'))).toHaveLength(1);
  });
});

describe('a gateway without its Redis behind HAProxy', () => {
  it('keeps the sessions that it has, and new ones are told in JSON when to come back', async () => {
    await using redis = await RedisProcess.start();
    await using gateway = await startGateway({ redisUrl: redis.url, trustedProxies: '127.0.0.1/32' });
    await using haproxy = await Haproxy.start({ gateways: [gateway] });
    const url = `ws://127.0.0.1:${String(haproxy.port)}/ws`;
    const client = await RawClient.connect({ url, encoding: 'json' });
    await client.expectAnswer('joined', { type: 'join', room: 'market', history: 0 });
    await redis.kill();
    await expect.poll(() => haproxy.statuses(), { timeout: DEADLINE_MS }).toEqual(['NOLB']);
    await client.expectAnswer('pong', { type: 'ping' });
    const refusal = await fetch(url.replace('ws:', 'http:'));
    expect(refusal.status).toBe(503);
    expect(refusal.headers.get('content-type')).toBe('application/json');
    expect(await refusal.json()).toEqual({
      error: { code: 'unavailable', message: 'no gateway is ready', retryable: true },
    });
    const waits = await Promise.all(
      Array.from({ length: 100 }, async () => (await fetch(url.replace('ws:', 'http:'))).headers.get('retry-after')),
    );
    // Not all of them in the same second: four, of which a hundred miss one in one of 10^12 runs.
    expect([...new Set(waits)].sort()).toEqual(['1', '2', '3', '4']);
    client.socket.destroy();
  });
});

describe('IPv6 behind HAProxy', () => {
  it('has the address of its client: that of another one is not used up', async () => {
    const redis = await startRedis();
    const settings = { redisUrl: redis.url, trustedProxies: '127.0.0.1/32', maxConnectionsPerAddress: 1 };
    const gateway = await startGateway(settings);
    const haproxy = await Haproxy.start({ gateways: [gateway], hasIpv6: true });
    onTestFinished(async () => {
      await haproxy[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
      await redis.stop();
    });
    const visit = (host: string): Promise<RawClient> =>
      RawClient.connect({ url: `ws://${host}:${String(haproxy.port)}/ws`, encoding: 'json' });
    const clients = [await visit('127.0.0.1'), await visit('[::1]')];
    for (const client of clients) await client.expectAnswer('pong', { type: 'ping' });
    const oneMore = await visit('[::1]');
    expect(await oneMore.waitForClose()).toMatchObject({ code: closeCode('quotaExceeded').code });
    for (const client of clients) {
      await client.expectAnswer('pong', { type: 'ping' });
      client.socket.destroy();
    }
  });
});

async function lookAgainAndAgain(look: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await look();
    await last(LOOK_MS);
  }
}
