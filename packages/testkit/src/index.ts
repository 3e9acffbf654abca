export { type ArchiveProcess, type ArchiveSettings, startArchive } from './archive.ts';
export { BinanceServer, type BinanceServerOptions, type VenueInstrument, type VenueRequest } from './binance-server.ts';
export type { VenueLevel, VenueSnapshot, VenueUpdate } from './binance-server-book.ts';
export { loadVenueRecording, type VenueRecording } from './binance-server-recording.ts';
export {
  type BookTickerOracle,
  type DecimalLevel,
  loadBookTickerOracle,
  normalizeDecimal,
  type TopOfBook,
} from './book-ticker-oracle.ts';
export { createCertificate, type TestCertificate } from './certificate.ts';
export { ChildServer, type ServerCommand } from './child-server.ts';
export { DEFAULT_DEADLINE_MS, DeadlineError, withDeadline } from './deadline.ts';
export { type EventsProcess, type EventsSettings, startEvents } from './events.ts';
export { FaultProxy, type FaultProxyOptions, type ProxyFaults } from './fault-proxy.ts';
export { GATEWAY_RUNTIME, type GatewayProcess, type GatewaySettings, startGateway, UNLIMITED } from './gateway.ts';
export { type InboundProcess, type InboundSettings, startInbound } from './inbound.ts';
export { type HealthAnswer, type HealthCheck, readHealth } from './health.ts';
export { Inbox, type TakeOptions } from './inbox.ts';
export { checkMessages, type MessageFaults, type MessageVerdict, NO_FAULTS } from './message-checker.ts';
export {
  type LoggedPosition,
  type LoggedPublish,
  type MemberLog,
  MessageHistory,
  type PublishOutcome,
} from './message-history.ts';
export { payloadHash } from './payload-hash.ts';
export { type ExitStatus, type LogRecord, type ServiceOptions, ServiceProcess } from './process.ts';
export type { LaneFaults } from './proxy-lane.ts';
export { type AnswerHook, type HookQuestion, type HookReply, HookServer } from './hook-server.ts';
export { IdentityProvider } from './identity-provider.ts';
export { negotiateSuite, type SuiteOffer } from './negotiate-suite.ts';
export { ProxyGroup } from './proxy-group.ts';
export { leasePort, type PortLease, type PortRange } from './port-lease.ts';
export { PostgresProcess } from './postgres-process.ts';
export { createPubSubFilter } from './pubsub-filter.ts';
export { type FeedSettings, type PublisherOptions, startPublisher } from './publisher.ts';
export { PrometheusProcess, type PrometheusOptions, type Sample } from './prometheus-process.ts';
export { hasRedisServer, RedisProcess } from './redis-process.ts';
export { type RedisNode, RedisNodes, type RedisNodesOptions } from './redis-nodes.ts';
export { RedisSentinels, type RedisSentinelsOptions, SentinelProcess } from './redis-sentinels.ts';
export { startRedis, type TestRedis, type TestRedisOptions, uniquePrefix } from './redis.ts';
export { type FrameMatch, RawClient, type RawClientOptions } from './raw-client.ts';
export { untilClosed } from './socket-end.ts';
export { type StandaloneOptions, startStandalone } from './standalone.ts';
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
export { makeToken, signToken, type TokenKey, type TokenOptions } from './token.ts';
export { type CollectedSpan, type CollectorReply, TraceCollector } from './trace-collector.ts';
