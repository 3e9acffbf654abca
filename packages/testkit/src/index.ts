export { type ArchiveProcess, type ArchiveSettings, startArchive } from './services/archive.ts';
export {
  BinanceServer,
  type BinanceServerOptions,
  type VenueInstrument,
  type VenueRequest,
} from './venue/binance-server.ts';
export type { VenueLevel, VenueSnapshot, VenueUpdate } from './venue/binance-server-book.ts';
export { loadVenueRecording, type VenueRecording } from './venue/binance-server-recording.ts';
export {
  type BookTickerOracle,
  type DecimalLevel,
  loadBookTickerOracle,
  normalizeDecimal,
  type TopOfBook,
} from './venue/book-ticker-oracle.ts';
export { createCertificate, type TestCertificate } from './certificate.ts';
export { ChildServer, type ServerCommand } from './servers/child-server.ts';
export { DEFAULT_DEADLINE_MS, DeadlineError, withDeadline } from './deadline.ts';
export { type EventsProcess, type EventsSettings, startEvents } from './services/events.ts';
export { FaultProxy, type FaultProxyOptions, type ProxyFaults } from './faults/fault-proxy.ts';
export {
  GATEWAY_RUNTIME,
  type GatewayProcess,
  type GatewaySettings,
  startGateway,
  UNLIMITED,
} from './services/gateway.ts';
export { type InboundProcess, type InboundSettings, startInbound } from './services/inbound.ts';
export { type HealthAnswer, type HealthCheck, readHealth } from './services/health.ts';
export { Inbox, type TakeOptions } from './inbox.ts';
export { checkMessages, type MessageFaults, type MessageVerdict, NO_FAULTS } from './messages/message-checker.ts';
export {
  type LoggedPosition,
  type LoggedPublish,
  type MemberLog,
  MessageHistory,
  type PublishOutcome,
} from './messages/message-history.ts';
export { payloadHash } from './messages/payload-hash.ts';
export { type ExitStatus, type LogRecord, type ServiceOptions, programOf, ServiceProcess } from './services/process.ts';
export type { LaneFaults } from './faults/proxy-lane.ts';
export { type AnswerHook, type HookQuestion, type HookReply, HookServer } from './stand-ins/hook-server.ts';
export { IdentityProvider } from './stand-ins/identity-provider.ts';
export { negotiateSuite, type SuiteOffer } from './negotiate-suite.ts';
export { ProxyGroup } from './faults/proxy-group.ts';
export { leasePort, type PortLease, type PortRange } from './port-lease.ts';
export { PostgresProcess } from './servers/postgres-process.ts';
export { TestDatabase } from './servers/test-database.ts';
export { createPubSubFilter } from './faults/pubsub-filter.ts';
export { type FeedSettings, type PublisherOptions, startPublisher } from './services/publisher.ts';
export {
  PrometheusProcess,
  type PrometheusOptions,
  type Sample,
  type SampledCurve,
  type TimeRange,
} from './servers/prometheus-process.ts';
export { hasRedisServer, RedisProcess } from './redis/redis-process.ts';
export { type RedisNode, RedisNodes, type RedisNodesOptions } from './redis/redis-nodes.ts';
export { RedisSentinels, type RedisSentinelsOptions, SentinelProcess } from './redis/redis-sentinels.ts';
export { startRedis, type TestRedis, type TestRedisOptions, uniquePrefix } from './redis/redis.ts';
export { type FrameMatch, RawClient, type RawClientOptions } from './raw-client.ts';
export { untilClosed } from './socket-end.ts';
export { type StandaloneOptions, startStandalone } from './services/standalone.ts';
export { encodeFrame, type Frame, Opcode } from './websocket/frame.ts';
export { type HandshakeOptions, HandshakeRefusedError, type HandshakeResponse } from './websocket/handshake.ts';
export { type Disconnect, type RawMessage, RawSocket, type RawSocketOptions } from './websocket/raw-socket.ts';
export type { WireEncoding } from './wire/kinds.ts';
export { closeCode, PROTOCOL, type ProtocolDocument } from './wire/protocol-document.ts';
export type {
  RequestId,
  ServerFrameOf,
  ServerFrameType,
  WireInstrument,
  WireLevel,
  WireRequest,
  WireServerFrame,
} from './wire/server-frame.ts';
export { decodeFrame, encodeRequest } from './wire/wire-codec.ts';
export { makeToken, signToken, type TokenKey, type TokenOptions } from './stand-ins/token.ts';
export { type CollectedSpan, type CollectorReply, TraceCollector } from './stand-ins/trace-collector.ts';
