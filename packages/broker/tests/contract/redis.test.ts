import { startRedis, uniquePrefix } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { createRedisBackplane } from '../../src/index.ts';
import { describeAccountStore } from './account-store.contract.ts';
import { describeBroker } from './broker.contract.ts';
import { TEST_LEASE, type TestCluster } from './cluster.ts';
import { describeControlBus } from './control-bus.contract.ts';
import { describeFeedBus } from './feed-bus.contract.ts';
import { describeLease } from './lease.contract.ts';
import { describeNodeRoster } from './node-roster.contract.ts';
import { describePresence } from './presence.contract.ts';
import { describePublisherRoster } from './publisher-roster.contract.ts';
import { describeRevocationList } from './revocation-list.contract.ts';
import { describeSharedLimits } from './shared-limits.contract.ts';

async function createCluster(): Promise<TestCluster> {
  const redis = await startRedis();
  const admin = new Redis(redis.url);
  const prefix = uniquePrefix();
  return {
    createBackplane: () => createRedisBackplane({ url: redis.url, prefix, presenceLease: TEST_LEASE }),
    wipe: async () => {
      await admin.flushall();
    },
    stop: async () => {
      admin.disconnect();
      await redis.stop();
    },
  };
}

describeBroker('Redis', createCluster);
describeFeedBus('Redis', createCluster);
describePresence('Redis', createCluster);
describeLease('Redis', createCluster);
describePublisherRoster('Redis', createCluster);
describeControlBus('Redis', createCluster);
describeNodeRoster('Redis', createCluster);
describeSharedLimits('Redis', createCluster);
describeRevocationList('Redis', createCluster);
describeAccountStore('Redis', createCluster);
