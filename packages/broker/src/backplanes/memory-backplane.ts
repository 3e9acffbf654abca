import { createMemoryAccounts } from '../accounts/memory-accounts.ts';
import { MemoryAccountStore } from '../accounts/memory-store.ts';
import { MemoryControlBus } from '../control/memory-bus.ts';
import { createMemoryNotices } from '../control/memory-notices.ts';
import { createMemoryEvents } from '../events/memory-events.ts';
import { MemoryEventJournal } from '../events/memory-journal.ts';
import { NOTHING_TOLD, type ToldEvents } from '../events/telling.ts';
import { MemoryFeedBus } from '../feeds/memory-bus.ts';
import { createMemoryFeeds } from '../feeds/memory-feeds.ts';
import { MemoryLease } from '../leases/memory-lease.ts';
import { createMemoryLeases } from '../leases/memory-leases.ts';
import { createMemoryCounts } from '../limits/memory-counts.ts';
import { MemorySharedLimits } from '../limits/memory-shared-limits.ts';
import { MemoryHub } from '../memory/hub.ts';
import { MemoryNodeRoster } from '../nodes/memory-node-roster.ts';
import { createMemoryNodes } from '../nodes/memory-nodes.ts';
import { MemoryPublisherRoster } from '../nodes/memory-publisher-roster.ts';
import { createMemoryPublishers } from '../nodes/memory-publishers.ts';
import { PRESENCE_LEASE } from '../presence/defaults.ts';
import type { LeaseTimes } from '../presence/lease-keeper.ts';
import { LeasedPresence } from '../presence/leased-presence.ts';
import { createMemoryPresence } from '../presence/memory-presence.ts';
import { MemoryPresenceTable } from '../presence/memory-table.ts';
import { MemoryRevocationList } from '../revocations/memory-list.ts';
import { createMemoryRevocations } from '../revocations/memory-revocations.ts';
import { PARTITION_TAGS } from '../partition.ts';
import type { BrokerHandler } from '../rooms/broker.ts';
import { MemoryBroker } from '../rooms/memory-broker.ts';
import { createMemoryRooms } from '../rooms/memory-rooms.ts';
import type { RoomKeeper } from '../rooms/room-keeper.ts';
import type { BrokerPart } from '../status.ts';
import type { Backplane } from './backplane.ts';

export interface MemoryBackplaneOptions {
  /** The same on every node of a hub. */
  readonly presenceLease?: LeaseTimes | undefined;
  /** Who is written down as coming and going; unset: nobody. The same on every node of a hub. */
  readonly told?: ToldEvents | undefined;
  /** What outlives the process; unset: nothing does. One for a hub. */
  readonly keeper?: RoomKeeper | undefined;
}

const EVERYTHING: BrokerPart = { shard: 'memory', partitions: PARTITION_TAGS.map((_, partition) => partition) };

/** A backplane that needs no Redis. Those that share a hub are nodes of one cluster, within one process. */
export function createMemoryBackplane(
  hub: MemoryHub = new MemoryHub(),
  { presenceLease = PRESENCE_LEASE, told = NOTHING_TOLD, keeper }: MemoryBackplaneOptions = {},
): Backplane {
  const presence = new LeasedPresence(new MemoryPresenceTable(hub.part(createMemoryPresence), told), presenceLease);
  const rooms = hub.part(createMemoryRooms);
  if (keeper !== undefined) rooms.keepBy(keeper);
  const broker = new MemoryBroker(rooms, (event) => {
    presence.deliver(event);
  });
  const feedBus = new MemoryFeedBus(hub.part(createMemoryFeeds));
  const lease = new MemoryLease(hub.part(createMemoryLeases));
  const roster = new MemoryPublisherRoster(hub.part(createMemoryPublishers));
  const control = new MemoryControlBus(hub.part(createMemoryNotices));
  const nodes = new MemoryNodeRoster(hub.part(createMemoryNodes));
  const limits = new MemorySharedLimits(hub.part(createMemoryCounts));
  const accounts = new MemoryAccountStore(hub.part(createMemoryAccounts));
  const revocations = new MemoryRevocationList(hub.part(createMemoryRevocations));
  const events = new MemoryEventJournal(hub.part(createMemoryEvents), told.maxEntries);
  const parts = [events, feedBus, lease, roster, control, nodes, limits, revocations, accounts];
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
    events,
    start(handler: BrokerHandler): Promise<void> {
      broker.start(handler);
      for (const part of parts) part.start();
      handler.handleStatus('up', EVERYTHING);
      return Promise.resolve();
    },
    close(): Promise<void> {
      presence.close();
      for (const part of parts) part.close();
      return broker.close();
    },
  };
}
