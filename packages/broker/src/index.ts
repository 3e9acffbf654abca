export type { AccountStore } from './accounts/store.ts';
export type { Backplane } from './backplanes/backplane.ts';
export { createMemoryBackplane } from './backplanes/memory-backplane.ts';
export { createRedisBackplane, type RedisBackplaneOptions } from './backplanes/redis-backplane.ts';
export type { ControlBus } from './control/bus.ts';
export { type ConnectionEntry, readConnectionEntry, writeConnectionEntry } from './events/connection-entry.ts';
export { MAX_EVENTS } from './events/defaults.ts';
export {
  type DeadLetter,
  type EventJournal,
  type Holder,
  type JournalEntry,
  type JournalPage,
  type Missing,
  type Settlement,
  type Transition,
  TransitionKind,
} from './events/journal.ts';
export { connectionsOf, runOfConnections, Telling, type ToldEvents } from './events/telling.ts';
export type {
  FeedBus,
  FeedDelta,
  FeedHandler,
  FeedInstrument,
  FeedPulse,
  FeedSnapshot,
  StoredBook,
} from './feeds/bus.ts';
export type { ClusterIdentities, ClusterIdentity } from './identities/cluster-identities.ts';
export { ARCHIVE_IDENTITY } from './identities/keys.ts';
export type { Intake } from './intake.ts';
export type { Outlet } from './outlet.ts';
export type { Lease, LeaseFinder, LeaseGrant, LeaseHolding, LeaseNote, LeaseRefusal } from './leases/lease.ts';
export type { HoldRequest, SharedLimits, SpendRequest } from './limits/shared-limits.ts';
export { MemoryHub } from './memory/hub.ts';
export type { NodeEntry, NodeRoster } from './nodes/node-roster.ts';
export type { PresentPublisher, PublisherRoster, RosterEntry } from './nodes/publisher-roster.ts';
export { OutcryError, type OutcryErrorCode, UnwritableError } from './outcry-error.ts';
export type { LeaseTimes } from './presence/lease-keeper.ts';
export type { MemberEvent, PresenceHandler, PresenceStore, RoomMembers } from './presence/store.ts';
export { PARTITION_COUNT, partitionOf } from './partition.ts';
export { PartitionStatus } from './partition-status.ts';
export type { BackplaneEvents } from './redis/events.ts';
export {
  type Credentials,
  parseTopology,
  type RedisCluster,
  type ServerTopology,
  type Topology,
} from './redis/routes/topology.ts';
export type { ServerInfo } from './redis/server/server-info.ts';
export type { ServerFigures, ServerReport } from './redis/server/server-report.ts';
export type { Revocation, RevocationList } from './revocations/list.ts';
export { ARCHIVE_PARTITIONS, archiveLease } from './rooms/archive-leases.ts';
export type { AnnouncedRoom, ArchiveSource, PageLimit, StoredPage } from './rooms/archive-source.ts';
export type {
  Broker,
  BrokerHandler,
  HistoryRange,
  MessageTrace,
  Published,
  PublishRequest,
  ReceivedTrace,
  Retention,
  RoomHistory,
  RoomMessage,
  RoomSignal,
  RoomWeight,
} from './rooms/broker.ts';
export { ANNOUNCE_INTERVAL_MS } from './rooms/defaults.ts';
export type { KeptNumbering, RoomKeeper } from './rooms/room-keeper.ts';
export type { BrokerPart, BrokerStatus } from './status.ts';
export type { StorageStatus } from './storage.ts';
