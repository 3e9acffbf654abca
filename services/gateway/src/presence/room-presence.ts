import { OutcryError, type PresenceStore, type RoomMembers } from '@outcry/broker';

import type { GatewayMetrics } from '../observability/metrics.ts';
import type { RoomRules } from '../rooms/room-rules.ts';
import { GracePeriod } from './grace-period.ts';

/** How long a connection that was closed still counts: who comes back within it was never away. */
const GRACE_MS = 5000;
/** Members of one answer; a longer list is told its true count all the same. */
const MAX_LISTED_MEMBERS = 1000;

export interface RoomPresenceOptions {
  readonly store: PresenceStore;
  readonly rules: RoomRules;
  readonly metrics: GatewayMetrics;
}

/** Presence of this gateway's sessions in the rooms that have it. */
export class RoomPresence {
  readonly #options: RoomPresenceOptions;
  readonly #closed: GracePeriod<{ readonly room: string; readonly user: string }>;

  constructor(options: RoomPresenceOptions) {
    this.#options = options;
    this.#closed = new GracePeriod(GRACE_MS, ({ room, user }) => {
      this.leave(room, user);
    });
  }

  /** Whether the room has members that can be counted and listed: `@all` and inboxes never do. */
  isKept(room: string): boolean {
    return !room.startsWith('@') && this.#options.rules.of(room).presence;
  }

  /** A connection of the user is in the room. Waits for nobody, and never fails. */
  enter(room: string, user: string): void {
    this.#options.metrics.membersAdded.inc();
    this.#options.store.add(room, user);
  }

  /** It has left the room. */
  leave(room: string, user: string): void {
    this.#options.metrics.membersRemoved.inc();
    this.#options.store.remove(room, user);
  }

  /** It was closed without having left: it has after the grace period. */
  linger(room: string, user: string): void {
    this.#closed.add({ room, user });
  }

  /** Users in the room, in the cluster; undefined where that cannot be had now. */
  async count(room: string): Promise<number | undefined> {
    try {
      return await this.#options.store.count(room);
    } catch (err) {
      if (err instanceof OutcryError) return undefined;
      throw err;
    }
  }

  /** @throws OutcryError `unavailable` */
  list(room: string): Promise<RoomMembers> {
    return this.#options.store.list(room, MAX_LISTED_MEMBERS);
  }

  /**
   * The gateway goes away. Its members last for the grace period and for as long as they were asked to wait before they come
   * back to another gateway.
   */
  async close(waitMs: number): Promise<void> {
    this.#closed.clear();
    await this.#options.store.handOver(GRACE_MS + waitMs);
  }
}
