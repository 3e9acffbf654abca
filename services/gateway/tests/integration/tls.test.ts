import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';

import { createCertificate, startGateway, startRedis } from '@outcry/testkit';
import { expect, it } from 'vitest';

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

it('does not start with a key that is of another certificate', async () => {
  using one = createCertificate();
  using other = createCertificate();
  await expect(startGateway({ tlsCertFile: one.certFile, tlsKeyFile: other.keyFile })).rejects.toThrow(
    /OUTCRY_TLS_CERT_FILE/,
  );
});
