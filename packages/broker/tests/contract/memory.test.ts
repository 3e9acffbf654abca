import { createMemoryBackplane, MemoryHub } from '../../src/index.ts';
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

function createCluster(): Promise<TestCluster> {
  const hub = new MemoryHub();
  return Promise.resolve({
    createBackplane: () => createMemoryBackplane(hub, { presenceLease: TEST_LEASE }),
    wipe: () => {
      hub.clear();
      return Promise.resolve();
    },
    stop: () => Promise.resolve(),
  });
}

describeBroker('memory', createCluster);
describeFeedBus('memory', createCluster);
describePresence('memory', createCluster);
describeLease('memory', createCluster);
describePublisherRoster('memory', createCluster);
describeControlBus('memory', createCluster);
describeNodeRoster('memory', createCluster);
describeSharedLimits('memory', createCluster);
describeRevocationList('memory', createCluster);
describeAccountStore('memory', createCluster);
