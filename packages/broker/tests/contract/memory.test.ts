import { describeAccountStore } from '../../src/accounts/store.contract.ts';
import { describeControlBus } from '../../src/control/bus.contract.ts';
import { describeEventJournal } from '../../src/events/journal.contract.ts';
import { describeFeedBus } from '../../src/feeds/bus.contract.ts';
import { createMemoryBackplane, MemoryHub } from '../../src/index.ts';
import { describeLease } from '../../src/leases/lease.contract.ts';
import { describeSharedLimits } from '../../src/limits/shared-limits.contract.ts';
import { describeNodeRoster } from '../../src/nodes/node-roster.contract.ts';
import { describePublisherRoster } from '../../src/nodes/publisher-roster.contract.ts';
import { describePresence } from '../../src/presence/store.contract.ts';
import { describeRevocationList } from '../../src/revocations/list.contract.ts';
import { describeBroker } from '../../src/rooms/broker.contract.ts';
import { TEST_LEASE, TEST_TOLD, type TestCluster } from './cluster.ts';

function createCluster(): Promise<TestCluster> {
  const hub = new MemoryHub();
  return Promise.resolve({
    createBackplane: () => createMemoryBackplane(hub, { presenceLease: TEST_LEASE, told: TEST_TOLD }),
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
describeEventJournal('memory', createCluster);
describeLease('memory', createCluster);
describePublisherRoster('memory', createCluster);
describeControlBus('memory', createCluster);
describeNodeRoster('memory', createCluster);
describeSharedLimits('memory', createCluster);
describeRevocationList('memory', createCluster);
describeAccountStore('memory', createCluster);
