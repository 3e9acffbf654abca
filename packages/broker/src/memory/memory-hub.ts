import { MemoryAccounts } from './memory-accounts.ts';
import { MemoryFeeds } from './memory-feeds.ts';
import { MemoryLeases } from './memory-leases.ts';
import { MemoryCounts } from './memory-counts.ts';
import { MemoryNodes } from './memory-nodes.ts';
import { MemoryNotices } from './memory-notices.ts';
import { MemoryPresence } from './memory-presence.ts';
import { MemoryRevocations } from './memory-revocations.ts';
import { MemoryRooms } from './memory-rooms.ts';

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
