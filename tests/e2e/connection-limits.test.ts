import {
  closeCode,
  type GatewayProcess,
  type GatewaySettings,
  HandshakeRefusedError,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
} from '@outcry/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const PER_USER = 3;
const PER_ADDRESS = 5;
const PER_MINUTE = 40;
/** A lost node is noticed within 8 s, where a machine has the time. */
const NOTICED_WITHIN_MS = 30_000;

/** Limits of users and addresses over three gateways, of which one dies. Clients come through a proxy that tells their addresses. */
describe('limits of users and addresses', () => {
  let redis: TestRedis;
  let settings: GatewaySettings;
  let gateways: GatewayProcess[];
  const clients: RawClient[] = [];
  let addresses = 0;

  beforeAll(async () => {
    redis = await startRedis();
    settings = {
      redisUrl: redis.url,
      redisPrefix: uniquePrefix(),
      trustedProxies: '127.0.0.0/8',
      maxConnectionsPerUser: PER_USER,
      maxConnectionsPerAddress: PER_ADDRESS,
      maxConnectsPerMinute: PER_MINUTE,
    };
    gateways = await Promise.all([1, 2, 3].map(() => startGateway(settings)));
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
    await redis.stop();
  });

  interface Visit {
    readonly gateway: number;
    readonly user: string;
    readonly address?: string;
  }

  /** Connects, and says what became of it once all of the gateway's first answers are there. */
  async function visit({ gateway, user, address = nextAddress() }: Visit): Promise<string> {
    const headers = { 'X-Forwarded-For': `203.0.113.99, ${address}` };
    const url = gateways[gateway % gateways.length]?.url ?? '';
    const client = await RawClient.connect({ url, encoding: 'json', token: user, headers });
    const ended = client.closed.then(({ code, reason }) => `${String(code)} ${reason}`);
    const outcome = await Promise.race([settle(client, user), ended]);
    if (outcome === 'in') clients.push(client);
    return outcome;
  }

  /** A verdict takes three questions to Redis at most; the answer to each comes no later than that to one of these, or with it. */
  async function settle(client: RawClient, user: string): Promise<'in'> {
    const room = `@${user}`;
    await client.next({ type: 'joined', room });
    for (let i = 0; i < 4; i++) await client.expectAnswer('ack', { type: 'history', room, limit: 1 });
    return 'in';
  }

  function nextAddress(): string {
    addresses += 1;
    return `198.18.${String(addresses >> 8)}.${String(addresses & 0xff)}`;
  }

  const { code, reason } = closeCode('quotaExceeded');
  const EXCEEDED = `${String(code)} ${reason}`;

  async function closeAll(): Promise<void> {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  }

  it('hold over all gateways for a user, whatever addresses it has', async () => {
    const outcomes: string[] = [];
    for (let gateway = 0; gateway < PER_USER + 3; gateway++) outcomes.push(await visit({ gateway, user: 'ann' }));
    expect(outcomes).toEqual([...Array.from({ length: PER_USER }, () => 'in'), EXCEEDED, EXCEEDED, EXCEEDED]);
    expect(await visit({ gateway: 0, user: 'bob' })).toBe('in');
  });

  it('hold over all gateways for an address, whatever users it has, and whatever it forges', async () => {
    const address = '2001:db8:0:1::';
    const outcomes: string[] = [];
    for (let i = 0; i < PER_ADDRESS + 2; i++) {
      outcomes.push(await visit({ gateway: i, user: `user-${String(i)}`, address: `${address}${String(i + 1)}` }));
    }
    expect(outcomes).toEqual([...Array.from({ length: PER_ADDRESS }, () => 'in'), EXCEEDED, EXCEEDED]);
  });

  it('let others in when somebody goes', async () => {
    for (let gateway = 0; gateway < PER_USER; gateway++) await visit({ gateway, user: 'carol' });
    await closeAll();
    await admitted(() => visit({ gateway: 1, user: 'carol' }));
  });

  it('send an address away that connects too often, and then before its token is looked at', async () => {
    const address = nextAddress();
    const statuses = new Set<string>();
    for (let i = 0; i < 3 * PER_MINUTE && !statuses.has('429'); i++) {
      try {
        statuses.add(await visit({ gateway: 0, user: 'all', address }));
      } catch (error) {
        if (!(error instanceof HandshakeRefusedError)) throw error;
        statuses.add(String(error.response.status));
        expect(JSON.parse(error.response.body)).toMatchObject({ error: { code: 'rateLimited', retryable: true } });
      }
    }
    expect([...statuses].sort()).toEqual(['4001 unauthenticated', '429']);
    expect(await visit({ gateway: 0, user: 'dave' })).toBe('in');
  });

  it('count nothing of a gateway that was killed, and everything of those that live', async () => {
    for (let gateway = 0; gateway < PER_USER; gateway++) expect(await visit({ gateway, user: 'erin' })).toBe('in');
    gateways.pop()?.process.kill();
    expect(await visit({ gateway: 0, user: 'erin' })).toBe(EXCEEDED);
    await admitted(() => visit({ gateway: 0, user: 'erin' }));
    expect(await visit({ gateway: 1, user: 'erin' })).toBe(EXCEEDED);
  });

  async function admitted(attempt: () => Promise<string>): Promise<void> {
    const deadline = performance.now() + NOTICED_WITHIN_MS;
    let outcome: string;
    do {
      outcome = await attempt();
    } while (outcome === EXCEEDED && performance.now() < deadline);
    expect(outcome).toBe('in');
  }
});
