import { readFileSync } from 'node:fs';
import { hasRedisServer, RedisSentinels, uniquePrefix } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { afterAll, describe } from 'vitest';
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
import { createRole, type RedisRole } from '../support/redis-role.ts';
import { TEST_LEASE, type TestCluster } from './cluster.ts';

/** Nobody is taken for dead because the machine has much to do: there is no failover in these suites. */
const NEVER_MS = 600_000;
const PASSWORD = 'of-the-sentinels';
const USERS = readFileSync(new URL('../../../../deploy/redis/sentinel-users.conf', import.meta.url), 'utf8');
const USER = USERS.split('\n').find((line) => line.startsWith('user outcry ')) ?? '';

let started: Promise<RedisSentinels> | undefined;

/** One for all suites. */
function startGroup(): Promise<RedisSentinels> {
  started ??= RedisSentinels.start({ downAfterMs: NEVER_MS, sentinelArgs: [`${USER} >${PASSWORD}`] });
  return started;
}

/** Nodes that may do at the servers what their role may, and at the sentinels what services may. */
async function createCluster(first: RedisRole, second = first): Promise<TestCluster> {
  const group = await startGroup();
  const primary = await group.primary();
  const admin = new Redis(primary.url);
  const prefix = uniquePrefix();
  const urls = { first: '', second: '' };
  const createUrl = async (role: RedisRole): Promise<string> => {
    const { username, password } = new URL(await createRole(admin, role, { url: primary.url, prefix }));
    return group.url.replace('//', `//${username}:${password}@`);
  };
  urls.first = await createUrl(first);
  urls.second = await createUrl(second);
  const sentinel = { username: 'outcry', password: PASSWORD };
  return {
    createBackplane: (place = 'first') =>
      createRedisBackplane({ url: urls[place], sentinel, prefix, presenceLease: TEST_LEASE }),
    wipe: async () => {
      await admin.flushall();
    },
    stop: () => {
      admin.disconnect();
      return Promise.resolve();
    },
  };
}

/** Issue 16. */
describe.runIf(hasRedisServer())('behind sentinels', () => {
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
  describePublisherRoster('Redis', ofPublishers);

  afterAll(async () => {
    const group = await started;
    await group?.[Symbol.asyncDispose]();
  });
});
