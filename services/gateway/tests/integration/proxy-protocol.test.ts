import { closeCode, type GatewayProcess, RawClient, startGateway, startRedis, type TestRedis } from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const VERSION_2_PROXY = 0x21;
const TCP_OVER_IPV4 = 0x11;
const GATEWAY_ADDRESS = [127, 0, 0, 1];

/** The PROXY protocol's header, version 2 (§2.2), as a balancer sends it in front of a client's request. */
function proxyHeader(client: string): Buffer {
  const addresses = Buffer.alloc(12);
  addresses.set([...client.split('.').map(Number), ...GATEWAY_ADDRESS]);
  addresses.writeUInt16BE(50_000, 8);
  addresses.writeUInt16BE(1337, 10);
  return Buffer.concat([SIGNATURE, Buffer.of(VERSION_2_PROXY, TCP_OVER_IPV4, 0, addresses.length), addresses]);
}

/** Each address may have one connection, so who is let in tells whose connection it is taken for. */
describe('the PROXY protocol', () => {
  let redis: TestRedis;
  let trusting: GatewayProcess;
  let distrusting: GatewayProcess;
  beforeAll(async () => {
    redis = await startRedis();
    const settings = { redisUrl: redis.url, maxConnectionsPerAddress: 1 };
    [trusting, distrusting] = await Promise.all([
      startGateway({ ...settings, redisPrefix: 'trusting', trustedProxies: '127.0.0.0/8' }),
      startGateway({ ...settings, redisPrefix: 'distrusting', trustedProxies: '10.0.0.0/8' }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([trusting, distrusting].map((gateway) => gateway[Symbol.asyncDispose]()));
    await redis.stop();
  });

  async function visit({ url }: GatewayProcess, client: string, headers = {}): Promise<RawClient> {
    const visitor = await RawClient.connect({ url, encoding: 'json', preamble: proxyHeader(client), headers });
    onTestFinished(() => {
      visitor.socket.destroy();
    });
    return visitor;
  }

  const refused = { code: closeCode('quotaExceeded').code };

  it('tells whose connection it is, where the peer is trusted, before any X-Forwarded-For', async () => {
    const first = await visit(trusting, '203.0.113.7');
    const other = await visit(trusting, '203.0.113.8');
    const again = await visit(trusting, '203.0.113.7', { 'X-Forwarded-For': '203.0.113.9' });
    expect(await again.waitForClose()).toMatchObject(refused);
    for (const client of [first, other]) await client.expectAnswer('pong', { type: 'ping' });
  });

  it('tells nothing where the peer is not trusted: both are of one address', async () => {
    const first = await visit(distrusting, '203.0.113.7');
    await first.expectAnswer('pong', { type: 'ping' });
    const other = await visit(distrusting, '203.0.113.8');
    expect(await other.waitForClose()).toMatchObject(refused);
    await first.expectAnswer('pong', { type: 'ping' });
  });
});
