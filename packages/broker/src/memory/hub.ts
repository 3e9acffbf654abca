import { MemoryAccounts } from '../accounts/memory-accounts.ts';
import { MemoryFeeds } from '../feeds/memory-feeds.ts';
import { MemoryLeases } from '../leases/memory-leases.ts';
import { MemoryCounts } from '../limits/memory-counts.ts';
import { MemoryNodes } from '../nodes/memory-nodes.ts';
import { MemoryNotices } from '../control/memory-notices.ts';
import { MemoryPresence } from '../presence/memory-presence.ts';
import { MemoryRevocations } from '../revocations/memory-revocations.ts';
import { MemoryRooms } from '../rooms/memory-rooms.ts';

/** What a Redis is to a cluster: the state that several backplanes of one process share. */
export class MemoryHub {
  readonly rooms = new MemoryRooms();
  readonly leases = new MemoryLeases();
  readonly notices = new MemoryNotices();
  readonly nodes = new MemoryNodes();
  readonly counts = new MemoryCounts(this.nodes);
  readonly feeds = new MemoryFeeds(this.leases);
  readonly accounts = new MemoryAccounts();
  readonly revocations = new MemoryRevocations();
  readonly presence = new MemoryPresence((event) => {
    this.rooms.tellMember(event);
  });

  /** Forgets everything but who listens: what `FLUSHALL` does to Redis. Rooms begin a new epoch. */
  clear(): void {
    this.rooms.clear();
    this.feeds.clear();
    this.leases.clear();
    this.presence.clear();
    this.nodes.clear();
    this.counts.clear();
    this.revocations.clear();
    this.accounts.clear();
  }
}
