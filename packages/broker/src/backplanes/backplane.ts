import type { AccountStore } from '../accounts/store.ts';
import type { ControlBus } from '../control/bus.ts';
import type { EventJournal } from '../events/journal.ts';
import type { FeedBus } from '../feeds/bus.ts';
import type { ClusterIdentities } from '../identities/cluster-identities.ts';
import type { Intake } from '../intake.ts';
import type { Lease, LeaseFinder } from '../leases/lease.ts';
import type { SharedLimits } from '../limits/shared-limits.ts';
import type { NodeRoster } from '../nodes/node-roster.ts';
import type { PublisherRoster } from '../nodes/publisher-roster.ts';
import type { Outlet } from '../outlet.ts';
import type { PresenceStore } from '../presence/store.ts';
import type { ServerInfo } from '../redis/server/server-info.ts';
import type { ServerReport } from '../redis/server/server-report.ts';
import type { RevocationList } from '../revocations/list.ts';
import type { ArchiveSource } from '../rooms/archive-source.ts';
import type { Broker, BrokerHandler } from '../rooms/broker.ts';
import type { StorageStatus } from '../storage.ts';

/** What one process shares with the others: rooms, base feeds, leases and presence over the same connections. */
export interface Backplane {
  readonly broker: Broker;
  readonly feedBus: FeedBus;
  readonly lease: Lease & LeaseFinder;
  readonly roster: PublisherRoster;
  readonly control: ControlBus;
  readonly nodes: NodeRoster;
  readonly limits: SharedLimits;
  readonly accounts: AccountStore;
  readonly revocations: RevocationList;
  /** Takes no part until it is started by itself: not every process has members. */
  readonly presence: PresenceStore;
  /** What presence has written down of those who come and go, for whoever sends it on. */
  readonly events: EventJournal;
  /** What is outside of the process and stores what is shared, as it was when it was last found; undefined before that, and in memory. */
  readonly server?: ServerInfo | undefined;
  /** What a start waits for, in one line for an operator that may name servers; undefined before it has met anything, once it is over, and in memory. */
  readonly awaits?: string | undefined;
  /** Whether messages can be stored now, as far as is known; undefined in memory, where they always can. */
  readonly storage?: StorageStatus | undefined;
  /** What is outside of the process, each server asked now: for whoever looks. Never rejects. Absent in memory. */
  reportServers?(): Promise<readonly ServerReport[]>;
  /** Messages that this process has let go of before they were archived, as there were too many; undefined in memory, which archives none. */
  readonly unarchivedCount?: number;
  /** Absent where there is nothing to be won by holding it. */
  readonly intake?: Intake;
  /** Absent where nobody else could read it. */
  readonly archive?: ArchiveSource;
  /** Absent where there is no other cluster that it could be taken for. */
  readonly identities?: ClusterIdentities;
  /** Absent where nothing leaves the process. */
  readonly outlet?: Outlet;
  /**
   * Connects, and resolves when rooms and feeds work, after `handleStatus('up')`. Called once, before anything else. Rejects with a
   * one-line `OutcryError` where that fails, and has let go of everything then.
   */
  start(handler: BrokerHandler): Promise<void>;
  /** Lets go of everything. Nothing is called on the handler afterwards; calls made afterwards reject with `closed`. */
  close(): Promise<void>;
}
