import { startRedis, type TestRedis, uniquePrefix } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeAccountStore } from '../../src/accounts/store.contract.ts';
import { describeControlBus } from '../../src/control/bus.contract.ts';
import { describeFeedBus } from '../../src/feeds/bus.contract.ts';
import { createRedisBackplane } from '../../src/index.ts';
import { describeLease } from '../../src/leases/lease.contract.ts';
import { describeSharedLimits } from '../../src/limits/shared-limits.contract.ts';
import { describeNodeRoster } from '../../src/nodes/node-roster.contract.ts';
import { describePublisherRoster } from '../../src/nodes/publisher-roster.contract.ts';
import { describePresence } from '../../src/presence/store.contract.ts';
import { describeRevocationList } from '../../src/revocations/list.contract.ts';
import { describeBroker } from '../../src/rooms/broker.contract.ts';
import { LeadingPublisher } from '../support/leading-publisher.ts';
import { Recorder } from '../support/recorder.ts';
import { range, request, RETENTION } from '../support/requests.ts';
import { createRole, grantedCommands, REDIS_ROLES, type RedisRole, usedCommands } from '../support/redis-role.ts';
import { TEST_LEASE, type TestCluster } from './cluster.ts';

/** What each role has asked for, in all suites. */
const used: Readonly<Record<RedisRole, Set<string>>> = {
  gateway: new Set(),
  publisher: new Set(),
  inbound: new Set(),
};

/** Nodes that may do in Redis what their role may, and nothing else: the first one's role, and the second one's. */
async function createCluster(first: RedisRole, second = first): Promise<TestCluster> {
  const servers = await Promise.all(Array.from({ length: serversWanted() }, startServer));
  const prefix = uniquePrefix();
  const createUrl = async (role: RedisRole): Promise<string> => {
    const urls = servers.map(({ admin, redis }) => createRole(admin, role, { url: redis.url, prefix }));
    return (await Promise.all(urls)).join(',');
  };
  const urls = { first: await createUrl(first), second: await createUrl(second) };
  return {
    createBackplane: (place = 'first') => createRedisBackplane({ url: urls[place], prefix, presenceLease: TEST_LEASE }),
    wipe: async () => {
      await Promise.all(servers.map(({ admin }) => admin.flushall()));
    },
    stop: async () => {
      for (const { admin, redis } of servers) {
        const commands = await usedCommands(admin);
        for (const role of [first, second]) for (const command of commands) used[role].add(command);
        admin.disconnect();
        await redis.stop();
      }
    },
  };
}

async function startServer(): Promise<{ readonly redis: TestRedis; readonly admin: Redis }> {
  const redis = await startRedis();
  return { redis, admin: new Redis(redis.url) };
}

/** That share the rooms: one, unless OUTCRY_TEST_REDIS_SHARDS says how many. */
function serversWanted(): number {
  const wanted = process.env['OUTCRY_TEST_REDIS_SHARDS'] ?? '1';
  if (!/^[1-9]$/.test(wanted))
    throw new Error(`OUTCRY_TEST_REDIS_SHARDS is "${wanted}": expected a number from 1 to 9`);
  return Number(wanted);
}

const ofGateways = (): Promise<TestCluster> => createCluster('gateway');
const ofPublishers = (): Promise<TestCluster> => createCluster('publisher');
const ofBoth = (): Promise<TestCluster> => createCluster('publisher', 'gateway');

describeBroker('Redis', ofGateways);
describePresence('Redis', ofGateways);
describeControlBus('Redis', ofGateways);
describeNodeRoster('Redis', ofGateways);
describeSharedLimits('Redis', ofGateways);
describeRevocationList('Redis', ofGateways);
describeAccountStore('Redis', ofGateways);
describeFeedBus('Redis', ofBoth);
describeLease('Redis', ofPublishers);
describeLease('Redis, as a service that brings messages in', () => createCluster('inbound'));
describePublisherRoster('Redis', ofPublishers);

describe('deploy/redis/users.acl', () => {
  /** A connection's own, which depend on the URL and on the client library. */
  const CONNECTION = ['hello', 'auth', 'select', 'ping', 'client|setname'];

  let redis: TestRedis;
  let admin: Redis;
  const prefix = uniquePrefix();
  const urls = { gateway: '', publisher: '', inbound: '' };
  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
    for (const role of REDIS_ROLES) urls[role] = await createRole(admin, role, { url: redis.url, prefix });
    return async () => {
      admin.disconnect();
      await redis.stop();
    };
  });

  it('lets a gateway read what a publisher writes', async () => {
    const gateway = createRedisBackplane({ url: urls.gateway, prefix });
    const publisher = createRedisBackplane({ url: urls.publisher, prefix });
    await Promise.all([gateway.start(new Recorder()), publisher.start(new Recorder())]);
    const frame = { symbol: 'BTC', epoch: 'e', seq: 1, venueSeq: 1, venueAt: 1, at: 1, bids: [], asks: [] };
    const snapshot = { ...frame, priceScale: 0, sizeScale: 0 };
    await publisher.feedBus.announce([{ symbol: 'BTC', priceScale: 0, sizeScale: 0 }]);
    await new LeadingPublisher(publisher).publishSnapshot(snapshot);
    await admin.config('RESETSTAT');
    expect(await gateway.feedBus.listInstruments()).toHaveLength(1);
    expect(await gateway.feedBus.readBook('BTC')).toEqual({ snapshot, deltas: [] });
    for (const command of await usedCommands(admin)) used.gateway.add(command);
    await Promise.all([gateway.close(), publisher.close()]);
  });

  it('lets an inbound service write what a gateway reads', async () => {
    const gateway = createRedisBackplane({ url: urls.gateway, prefix });
    const inbound = createRedisBackplane({ url: urls.inbound, prefix });
    await Promise.all([gateway.start(new Recorder()), inbound.start(new Recorder())]);
    await admin.config('RESETSTAT');
    const idempotency = { sender: '*outbox', key: 'a' };
    const publishKept = (n: number): Promise<unknown> =>
      inbound.broker.publish(request('lobby', String(n), { idempotency: { ...idempotency, key: String(n) } }));
    // In one call, which looks at the age of what is stored; and one by itself.
    await Promise.all(range(1, 63).map(publishKept));
    await publishKept(64);
    const unkept = { retention: { count: 0, ms: 1000 } };
    await inbound.broker.publish(request('unkept', 'x', unkept));
    for (const command of await usedCommands(admin)) used.inbound.add(command);
    expect(
      (await inbound.broker.publish(request('lobby', '1', { idempotency: { ...idempotency, key: '1' } }))).isDuplicate,
    ).toBe(true);
    expect((await gateway.broker.readHistory('lobby', { last: 100 }, RETENTION)).messages).toHaveLength(64);
    await Promise.all([gateway.close(), inbound.close()]);
  });

  it.each(REDIS_ROLES)('lets a %s neither change nor read what is not its own', async (role) => {
    const user = new Redis(urls[role]);
    const name = `${prefix}:{x}:y`;
    const attempts: readonly (readonly [string, ...string[]])[] = [
      ['FLUSHALL'],
      ['FLUSHDB'],
      ['CONFIG', 'GET', '*'],
      ['ACL', 'WHOAMI'],
      ['KEYS', '*'],
      ['SCAN', '0'],
      ['CLIENT', 'LIST'],
      ['CLIENT', 'KILL', 'TYPE', 'normal'],
      ['SCRIPT', 'FLUSH'],
      ['FUNCTION', 'LIST'],
      ['SHUTDOWN', 'NOSAVE'],
      ['REPLICAOF', 'NO', 'ONE'],
      ['MONITOR'],
      ['PSUBSCRIBE', `${prefix}:*`],
      ['RENAME', name, name],
      ['GET', 'another-prefix:{x}:y'],
      ['PUBLISH', 'another-prefix:{x}:y', ''],
      ['SUBSCRIBE', 'another-prefix:{x}:y'],
      ['EVAL', "return redis.call('FLUSHALL')", '0'],
      ['EVAL', "return redis.call('GET', 'another-prefix:{x}:y')", '0'],
      role === 'publisher' ? ['XADD', name, '*', 'm', 'a message'] : ['RPUSH', name, 'a delta'],
    ];
    for (const [command, ...args] of attempts) {
      await expect(user.call(command, ...args), command).rejects.toThrow(
        /NOPERM|ACL failure|executing the script can't/,
      );
    }
    expect(await user.ping()).toBe('PONG');
    user.disconnect();
  });

  it.each(REDIS_ROLES)('lets a %s do nothing that it has no use for', (role) => {
    const idle = [...grantedCommands(role)].filter(
      (command) => !CONNECTION.includes(command) && !used[role].has(command),
    );
    expect(idle).toEqual([]);
  });
});
