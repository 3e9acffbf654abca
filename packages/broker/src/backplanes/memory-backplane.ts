import type { Backplane } from './backplane.ts';
import type { BrokerHandler } from '../rooms/broker.ts';
import { PRESENCE_LEASE } from '../defaults.ts';
import type { LeaseTimes } from '../presence/lease-keeper.ts';
import { LeasedPresence } from '../presence/leased-presence.ts';
import { MemoryAccountStore } from '../accounts/memory-store.ts';
import { MemoryBroker } from '../rooms/memory-broker.ts';
import { MemoryControlBus } from '../control/memory-bus.ts';
import { MemoryFeedBus } from '../feeds/memory-bus.ts';
import { MemoryHub } from '../memory/hub.ts';
import { MemoryLease } from '../leases/memory-lease.ts';
import { MemoryNodeRoster } from '../nodes/memory-node-roster.ts';
import { MemoryPresenceTable } from '../presence/memory-table.ts';
import { MemoryPublisherRoster } from '../nodes/memory-publisher-roster.ts';
import { MemoryRevocationList } from '../revocations/memory-list.ts';
import { MemorySharedLimits } from '../limits/memory-shared-limits.ts';

export interface MemoryBackplaneOptions {
  /** The same on every node of a hub. */
  readonly presenceLease?: LeaseTimes | undefined;
}

/** A backplane that needs no Redis. Those that share a hub are nodes of one cluster, within one process. */
export function createMemoryBackplane(
  hub: MemoryHub = new MemoryHub(),
  { presenceLease = PRESENCE_LEASE }: MemoryBackplaneOptions = {},
): Backplane {
  const presence = new LeasedPresence(new MemoryPresenceTable(hub.presence), presenceLease);
  const broker = new MemoryBroker(hub.rooms, (event) => {
    presence.deliver(event);
  });
  const feedBus = new MemoryFeedBus(hub.feeds);
  const lease = new MemoryLease(hub.leases);
  const roster = new MemoryPublisherRoster(hub.leases);
  const control = new MemoryControlBus(hub.notices);
  const nodes = new MemoryNodeRoster(hub.nodes);
  const limits = new MemorySharedLimits(hub.counts);
  const accounts = new MemoryAccountStore(hub.accounts);
  const revocations = new MemoryRevocationList(hub.revocations);
  const parts = [feedBus, lease, roster, control, nodes, limits, revocations, accounts];
  return {
    broker,
    feedBus,
    lease,
    roster,
    control,
    nodes,
    limits,
    revocations,
    accounts,
    presence,
    start(handler: BrokerHandler): Promise<void> {
      broker.start(handler);
      for (const part of parts) part.start(handler);
      handler.handleStatus('up');
      return Promise.resolve();
    },
    close(): Promise<void> {
      presence.close();
      for (const part of parts) part.close();
      return broker.close();
    },
  };
}
