export type { AccountStore } from './account-store.ts';
export type { Backplane } from './backplane.ts';
export type {
  Broker,
  BrokerHandler,
  BrokerStatus,
  HistoryRange,
  Published,
  PublishRequest,
  Retention,
  RoomHistory,
  RoomMessage,
  RoomSignal,
} from './broker.ts';
export type { ControlBus } from './control-bus.ts';
export type {
  FeedBus,
  FeedDelta,
  FeedHandler,
  FeedInstrument,
  FeedPulse,
  FeedSnapshot,
  StoredBook,
} from './feed-bus.ts';
export type { Intake } from './intake.ts';
export type { Lease, LeaseGrant, LeaseRefusal } from './lease.ts';
export { createMemoryBackplane } from './memory/memory-backplane.ts';
export { MemoryHub } from './memory/memory-hub.ts';
export type { BackplaneEvents } from './redis/events.ts';
export { createRedisBackplane, type RedisBackplaneOptions } from './redis/redis-backplane.ts';
export type { LeaseTimes } from './presence/lease-keeper.ts';
export type { Attendance, NodeEntry, NodeRoster } from './node-roster.ts';
export type { MemberEvent, PresenceHandler, PresenceStore, RoomMembers } from './presence-store.ts';
export type { PresentPublisher, PublisherRoster, RosterEntry } from './publisher-roster.ts';
export type { HoldRequest, SharedLimits } from './shared-limits.ts';
export type { Revocation, RevocationList } from './revocation-list.ts';
export { OutcryError, type OutcryErrorCode } from './outcry-error.ts';
