import { MemberChange } from '@outcry/protocol';
import { createMemoryEvents, type MemoryEvents } from '../events/memory-events.ts';
import { NOTHING_TOLD, type ToldEvents } from '../events/telling.ts';
import type { HubPart, MemoryHub } from '../memory/hub.ts';
import type { MemberEvent, RoomMembers } from './store.ts';
import type { NodeLease, Tended, TendRequest, WriteRequest, Written } from './table.ts';

interface Lease {
  fence: number;
  /** When it expires; undefined where it is void. */
  deadline: number | undefined;
  /** Until when somebody is clearing it away. */
  claimedUntil: number;
  /** By room: user to connections by way of the lease. */
  readonly held: Map<string, Map<string, number>>;
}

interface Member {
  readonly connections: number;
  /** As it was given last. */
  readonly info: Uint8Array | undefined;
}

export function createMemoryPresence(hub: Pick<MemoryHub, 'part'>): MemoryPresence {
  return new MemoryPresence(hub.part(createMemoryEvents));
}

/** The presence of a hub. Every call is one atomic step, because nothing else runs in between. */
export class MemoryPresence implements HubPart {
  readonly #events: Pick<MemoryEvents, 'note'>;
  readonly #leases = new Map<string, Lease>();
  /** By room and user: what there is of the user in the cluster. */
  readonly #members = new Map<string, Map<string, Member>>();
  readonly #watches = new Set<(event: MemberEvent) => void>();

  constructor(events: Pick<MemoryEvents, 'note'>) {
    this.#events = events;
  }

  watch(onChange: (event: MemberEvent) => void): void {
    this.#watches.add(onChange);
  }

  begin({ id, fence }: NodeLease, leaseMs: number): void {
    this.#leases.set(id, { fence, deadline: Date.now() + leaseMs, claimedUntil: 0, held: new Map() });
  }

  raiseFence({ id, fence }: NodeLease): boolean {
    const lease = this.#leases.get(id);
    if (lease?.deadline === undefined || lease.fence >= fence) return false;
    lease.fence = fence;
    return true;
  }

  tend({ id, leaseMs, claimMs, maxGapMs }: TendRequest): Tended {
    const now = Date.now();
    const own = this.#leases.get(id);
    if (own?.deadline === undefined) return { isHeld: false, expired: [], evictions: 0 };
    const gapMs = now - (own.deadline - leaseMs);
    own.deadline = now + leaseMs;
    return { isHeld: true, expired: gapMs < maxGapMs ? this.#claimExpired(now, claimMs) : [], evictions: 0 };
  }

  expire(id: string, afterMs: number): void {
    const lease = this.#leases.get(id);
    if (lease?.deadline !== undefined) lease.deadline = Date.now() + afterMs;
  }

  write(
    { id, fence }: NodeLease,
    { room, entries }: WriteRequest,
    told: ToldEvents = NOTHING_TOLD,
  ): Written | 'refused' {
    const lease = this.#leases.get(id);
    if (lease?.deadline === undefined || lease.fence !== fence) return 'refused';
    const held = lease.held.get(room) ?? new Map<string, number>();
    for (const { user, connections, info } of entries) {
      const before = held.get(user) ?? 0;
      if (connections > 0) held.set(user, connections);
      else held.delete(user);
      this.#add({ room, user }, { connections: connections - before, info }, told);
    }
    if (held.size > 0) lease.held.set(room, held);
    else lease.held.delete(room);
    return { count: this.#members.get(room)?.size ?? 0, own: held.size, leases: [] };
  }

  list(room: string, limit: number): RoomMembers {
    const members = this.#members.get(room) ?? new Map<string, Member>();
    const listed = [...members].slice(0, limit).map(([user, { connections, info }]) => ({
      user,
      connections,
      ...(info === undefined ? {} : { info }),
    }));
    return { count: members.size, members: listed };
  }

  reap(id: string, told: ToldEvents = NOTHING_TOLD): number {
    const lease = this.#leases.get(id);
    let removed = 0;
    this.#leases.delete(id);
    for (const [room, held] of lease?.held ?? []) {
      removed += held.size;
      for (const [user, connections] of held) {
        this.#add({ room, user }, { connections: -connections, info: undefined }, told);
      }
    }
    return removed;
  }

  clear(): void {
    this.#leases.clear();
    this.#members.clear();
  }

  #claimExpired(now: number, claimMs: number): string[] {
    const expired: string[] = [];
    for (const [id, lease] of this.#leases) {
      if ((lease.deadline ?? lease.claimedUntil) > now) continue;
      lease.deadline = undefined;
      lease.claimedUntil = now + claimMs;
      expired.push(id);
    }
    return expired;
  }

  /** Adds to a user's connections in the cluster; tells of the first and of the last. */
  #add({ room, user }: { room: string; user: string }, change: Member, told: ToldEvents): void {
    const members = this.#members.get(room) ?? new Map<string, Member>();
    const known = members.get(user);
    const before = known?.connections ?? 0;
    const after = before + change.connections;
    if (before === 0 && after === 0) return;
    this.#members.set(room, members);
    const info = change.info ?? known?.info;
    if (after > 0) members.set(user, { connections: after, info });
    else members.delete(user);
    if (members.size === 0) this.#members.delete(room);
    const event = { room, user, count: members.size, ...(info === undefined ? {} : { info }) };
    if (before === 0) this.#tell({ ...event, change: MemberChange.Joined }, told);
    if (after === 0) this.#tell({ room, user, count: members.size, change: MemberChange.Left }, told);
  }

  #tell(event: MemberEvent, told: ToldEvents): void {
    for (const watch of this.#watches) watch(event);
    const { room, user, count, change } = event;
    this.#events.note({ room, user, count, isJoined: change === MemberChange.Joined }, told.of(room), told.maxEntries);
  }
}
