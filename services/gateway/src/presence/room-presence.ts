import { OutcryError, type PresenceStore, type RoomMembers } from '@outcry/broker';

import type { GatewayMetrics } from '../observability/metrics.ts';
import type { RoomRules } from '../rooms/room-rules.ts';
import { GracePeriod } from './grace-period.ts';

/** How long a connection that was closed still counts: who comes back within it was never away. */
const GRACE_MS = 5000;
/** Members of one answer; a longer list is told its true count all the same. */
const MAX_LISTED_MEMBERS = 1000;
/** Of the info in one answer, or a client could be sent more at once than it may leave unread. */
const MAX_LISTED_INFO_BYTES = 256 * 1024;

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
  enter(room: string, user: string, info?: Uint8Array): void {
    this.#options.metrics.membersAdded.inc();
    this.#options.store.add(room, user, info);
  }

  /** Another is known of a user who is in the room. */
  describe(room: string, user: string, info: Uint8Array): void {
    this.#options.store.describe(room, user, info);
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
  async list(room: string): Promise<RoomMembers> {
    const { count, members } = await this.#options.store.list(room, MAX_LISTED_MEMBERS);
    let bytes = 0;
    const end = members.findIndex(({ info }) => (bytes += info?.length ?? 0) > MAX_LISTED_INFO_BYTES);
    return { count, members: end < 0 ? members : members.slice(0, end) };
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
