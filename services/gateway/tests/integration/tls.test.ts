import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureVersion } from 'node:tls';

import { createCertificate, negotiateSuite, startGateway, startRedis } from '@outcry/testkit';
import { expect, it, onTestFinished } from 'vitest';

/** The status of a WebSocket handshake over TLS with a server that the certificate proves. */
function handshake(port: number, certFile: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    };
    const attempt = request({ host: 'localhost', port, path: '/ws', headers, ca: readFileSync(certFile), family: 4 });
    attempt.once('upgrade', ({ statusCode }, socket) => {
      socket.destroy();
      resolve(statusCode);
    });
    attempt.once('response', ({ statusCode }) => {
      resolve(statusCode);
    });
    attempt.once('error', reject);
    attempt.end();
  });
}

it('takes WebSockets over TLS, with its certificate, and nothing without TLS', async () => {
  using certificate = createCertificate();
  const { certFile, keyFile } = certificate;
  await using redis = await startRedis();
  await using gateway = await startGateway({ redisUrl: redis.url, tlsCertFile: certFile, tlsKeyFile: keyFile });
  expect(await handshake(gateway.port, certFile)).toBe(101);
  await expect(fetch(`http://127.0.0.1:${String(gateway.port)}/`)).rejects.toThrow();
});

it('speaks TLS 1.2 with forward secrecy alone, and 1.3, and keeps pages at it', async () => {
  const page = mkdtempSync(join(tmpdir(), 'outcry-page-'));
  onTestFinished(() => {
    rmSync(page, { recursive: true });
  });
  writeFileSync(join(page, 'index.html'), '<!doctype html>');
  // A key of RSA: with one of elliptic curves there are no suites without forward secrecy that could be refused.
  using certificate = createCertificate('rsa');
  const { certFile, keyFile } = certificate;
  await using redis = await startRedis();
  const demo = { demo: true, demoDir: page };
  await using gateway = await startGateway({
    redisUrl: redis.url,
    tlsCertFile: certFile,
    tlsKeyFile: keyFile,
    ...demo,
  });
  const ca = readFileSync(certFile);
  const suiteOf = (ciphers: string, maxVersion?: SecureVersion): Promise<string> =>
    negotiateSuite({ port: gateway.port, ca, ciphers, maxVersion });
  for (const weak of ['AES128-GCM-SHA256', 'AES256-SHA', 'ECDHE-RSA-AES128-SHA']) {
    expect(await suiteOf(weak), weak).toBe('refused');
  }
  expect(await suiteOf('ECDHE+AESGCM')).toMatch(/^ECDHE-.*-GCM-/);
  expect(await suiteOf('ECDHE+CHACHA20')).toMatch(/^ECDHE-.*-CHACHA20-/);
  expect(await suiteOf('TLS_AES_128_GCM_SHA256', 'TLSv1.3')).toBe('TLS_AES_128_GCM_SHA256');
  const headers = await new Promise<IncomingHttpHeaders>((resolve, reject) => {
    const attempt = request({ host: 'localhost', port: gateway.port, path: '/', ca, family: 4 }, (response) => {
      response.resume();
      resolve(response.headers);
    });
    attempt.once('error', reject);
    attempt.end();
  });
  expect(headers['strict-transport-security']).toBe('max-age=31536000');
});

it('does not start with a key that is of another certificate', async () => {
  using one = createCertificate();
  using other = createCertificate();
  await expect(startGateway({ tlsCertFile: one.certFile, tlsKeyFile: other.keyFile })).rejects.toThrow(
    /OUTCRY_TLS_CERT_FILE/,
  );
});
