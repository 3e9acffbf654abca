import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  createCertificate,
  type GatewayProcess,
  leasePort,
  negotiateSuite,
  type PortLease,
  startGateway,
  startRedis,
  type TestCertificate,
  type TestRedis,
} from '@outcry/testkit';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';

const CONFIGURATION = readFileSync(new URL('../../deploy/docker/haproxy.cfg', import.meta.url), 'utf8');
const DEADLINE_MS = 30_000;
/** Of Debian's package, or of HAProxy itself: 2.6 or newer. */
const hasHaproxy = spawnSync('haproxy', ['-v']).status === 0;

/** The configuration of deploy/docker/haproxy.cfg, but for what is of a container: its ports, its folder, and Docker's DNS. */
function configure(own: Readonly<Record<string, string>>): string {
  return Object.entries(own).reduce((text, [theirs, ours]) => {
    if (!text.includes(theirs)) throw new Error(`haproxy.cfg has no ${theirs}`);
    return text.replaceAll(theirs, ours);
  }, CONFIGURATION);
}

function check(
  file: string,
  environment: Readonly<Record<string, string>>,
): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('haproxy', ['-c', '-f', file], {
    env: { ...process.env, ...environment },
  });
  return { status, said: `${stdout.toString()}${stderr.toString()}` };
}

describe.skipIf(!hasHaproxy)('HAProxy with the configuration of the deployment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-haproxy-'));
  const tls = join(folder, 'tls');
  const file = join(folder, 'haproxy.cfg');
  let certificate: TestCertificate;
  let ca: Buffer;
  let leases: readonly PortLease[];
  let port: number;
  let redis: TestRedis;
  let gateway: GatewayProcess;
  let haproxy: ChildProcess;

  beforeAll(async () => {
    certificate = createCertificate('rsa');
    ca = readFileSync(certificate.certFile);
    mkdirSync(tls);
    writeFileSync(join(tls, 'localhost.pem'), Buffer.concat([readFileSync(certificate.keyFile), ca]));
    redis = await startRedis();
    gateway = await startGateway({ redisUrl: redis.url, trustedProxies: '127.0.0.1/32' });
    leases = await Promise.all([leasePort(), leasePort()]);
    const [own = 0, internal = 0] = leases.map((lease) => lease.port);
    port = own;
    const { port: internalPort } = new URL(gateway.internalUrl);
    writeFileSync(
      file,
      configure({
        'bind :1337': `bind 127.0.0.1:${String(port)}`,
        'bind :8404': `bind 127.0.0.1:${String(internal)}`,
        '/etc/haproxy/tls/': `${tls}/`,
        'server-template gateway 64 gateway:1337 check port 8081': `server gateway 127.0.0.1:${String(gateway.port)} check port ${internalPort}`,
        ' resolvers docker init-addr none': '',
      }),
    );
    haproxy = spawn('haproxy', ['-db', '-f', file], { env: { ...process.env, OUTCRY_TLS: 'true' }, stdio: 'ignore' });
    await eventually(() => answers(port), { deadlineMs: DEADLINE_MS, describe: () => 'HAProxy does not listen' });
  });
  afterAll(async () => {
    haproxy.kill('SIGKILL');
    await once(haproxy, 'exit');
    for (const lease of leases) lease[Symbol.dispose]();
    await gateway[Symbol.asyncDispose]();
    await redis.stop();
    certificate[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['with TLS', { OUTCRY_TLS: 'true' }],
    ['without', {}],
  ])('is taken %s', (_, environment) => {
    const path = join(folder, 'as-it-is.cfg');
    // As it is, but for the folder of the certificates.
    writeFileSync(path, configure({ '/etc/haproxy/tls/': `${tls}/` }));
    expect(check(path, environment)).toMatchObject({
      status: 0,
      said: expect.not.stringMatching(/warning|alert/i) as string,
    });
  });

  it('speaks TLS 1.2 with forward secrecy alone, and 1.3', async () => {
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
    let isThere = false;
    await eventually(
      async () => {
        isThere ||= (await ask('/')).statusCode !== 503;
        return isThere;
      },
      { deadlineMs: DEADLINE_MS, describe: () => 'HAProxy takes the gateway for one that is not ready' },
    );
    expect((await ask('/')).headers['strict-transport-security']).toBe('max-age=31536000');
    const socket = new WebSocket(`wss://localhost:${String(port)}/ws`, 'outcry.v1.json', { ca, family: 4 });
    const [welcome] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(welcome.toString())).toMatchObject({ type: 'welcome' });
    socket.terminate();
  });

  function ask(path: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const attempt = request({ host: 'localhost', port, path, ca, family: 4 }, (response) => {
        response.resume();
        resolve(response);
      });
      attempt.once('error', reject);
      attempt.end();
    });
  }
});

/** Whether somebody listens. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
