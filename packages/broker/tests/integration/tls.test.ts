import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createCertificate, startRedis, type TestCertificate, type TestRedis } from '@outcry/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRedisBackplane } from '../../src/index.ts';
import { OddSentinel } from '../support/odd-sentinel.ts';
import { Recorder } from '../support/recorder.ts';
import { request } from '../support/requests.ts';

/** The port on which a Redis is had over TLS. */
async function openTlsPort(
  { host, port }: Pick<TestRedis, 'host' | 'port'>,
  { certFile, keyFile }: TestCertificate,
): Promise<number> {
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (client) => {
    const redis = connect(port, host);
    client.pipe(redis).pipe(client);
    for (const socket of [client, redis]) socket.on('error', () => undefined);
  });
  // A handshake that the client breaks off.
  server.on('tlsClientError', () => undefined);
  server.listen(0);
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function trust(pem: string): void {
  const known = getCACertificates('default');
  setDefaultCACertificates([...known, pem]);
  onTestFinished(() => {
    setDefaultCACertificates(known);
  });
}

describe('Redis over TLS', () => {
  it('is used where its certificate is trusted', async () => {
    await using redis = await startRedis();
    using certificate = createCertificate();
    const port = await openTlsPort(redis, certificate);
    trust(readFileSync(certificate.certFile, 'latin1'));
    const recorder = new Recorder();
    const backplane = createRedisBackplane({ url: `rediss://localhost:${String(port)}` });
    await backplane.start(recorder);
    await backplane.broker.join('pit');
    await backplane.broker.publish(request('pit', 'over TLS'));
    await vi.waitFor(() => {
      expect(recorder.messages).toHaveLength(1);
    });
    await backplane.close();
  });

  it('is found by sentinels that are asked over TLS, too', async () => {
    await using redis = await startRedis();
    using certificate = createCertificate();
    const port = await openTlsPort(redis, certificate);
    await using sentinel = await OddSentinel.start({ host: 'localhost', port, configEpoch: 1 });
    const asked = await openTlsPort({ host: '127.0.0.1', port: sentinel.port }, certificate);
    const url = `rediss+sentinel://localhost:${String(asked)}/main`;
    await expect(createRedisBackplane({ url }).start(new Recorder())).rejects.toThrow('(self-signed certificate)');
    trust(readFileSync(certificate.certFile, 'latin1'));
    const backplane = createRedisBackplane({ url });
    await backplane.start(new Recorder());
    await backplane.broker.publish(request('pit', 'over TLS'));
    await backplane.close();
  });

  it('is refused where its certificate is not', async () => {
    await using redis = await startRedis();
    using certificate = createCertificate();
    const url = `rediss://localhost:${String(await openTlsPort(redis, certificate))}`;
    await expect(createRedisBackplane({ url }).start(new Recorder())).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^cannot reach Redis at rediss:.*: self-signed certificate$/) as string,
    });
  });
});
