export type { Level } from '@outcry/order-book';
export { Encoding, formatScaled, type Instrument, type MemberEntry, type Position } from '@outcry/protocol';

export { Book, type BookChange, type BookOptions, type BookStatus, type DecimalLevel } from './book.ts';
export { Client } from './client.ts';
export { connect, connectToRooms } from './connect.ts';
export type { BackoffOptions } from './core/backoff.ts';
export type { RepairReason } from './core/book-news.ts';
export type { BookStamp } from './core/book-state.ts';
export type { GapReason } from './core/room-news.ts';
export type { JoinOptions } from './core/room-state.ts';
export { encryptWith, type EncryptionOptions } from './encryption/encrypt-with.ts';
export { keyFromBytes, keyFromPassphrase, type PassphraseOptions, type RoomKey } from './encryption/room-key.ts';
export type { Environment, PlatformChange } from './connection/environment.ts';
export { OutcryError, type OutcryErrorCode } from './primitives/errors.ts';
export type { ConnectOptions, TokenSource } from './connection/options.ts';
export type { PayloadCipher, SealContext } from './payloads/payload-pipe.ts';
export type { PublishOptions } from './publish.ts';
export { type HistoryOptions, Room, type RoomOptions } from './room.ts';
export type { HistoryPage, MemberList, Message, RoomEvent, RoomHistory, RoomStatus, Signal } from './room-events.ts';
export { RoomsClient, type SendOptions } from './rooms-client.ts';
export type { StandardSchema } from './payloads/standard-schema.ts';
export type {
  ClientStatus,
  ClosedStatus,
  ConnectedStatus,
  ConnectingStatus,
  ReconnectingStatus,
} from './core/status.ts';
export type { WebSocketFactory, WebSocketLike } from './connection/websocket.ts';
