export type { Level } from '@outcry/order-book';
export { Encoding, formatScaled, type Instrument, type MemberEntry, type Position } from '@outcry/protocol';

export { Book, type BookChange, type BookOptions, type BookStatus, type DecimalLevel } from './book.ts';
export { Client, type SendOptions } from './client.ts';
export { connect } from './connect.ts';
export type { BackoffOptions } from './core/backoff.ts';
export type { BookStamp, RepairReason } from './core/book-state.ts';
export type { GapReason, JoinOptions } from './core/room-state.ts';
export type { Environment } from './environment.ts';
export { OutcryError, type OutcryErrorCode } from './errors.ts';
export type { ConnectOptions, TokenSource } from './options.ts';
export type { PayloadCipher, SealContext } from './payload-pipe.ts';
export { type PublishOptions, Room, type RoomOptions } from './room.ts';
export type { HistoryPage, MemberList, Message, RoomEvent, RoomStatus, Signal } from './room-events.ts';
export type { StandardSchema } from './standard-schema.ts';
export type { ClientStatus, ClosedStatus, ConnectedStatus, ConnectingStatus, ReconnectingStatus } from './status.ts';
export type { WebSocketFactory, WebSocketLike } from './websocket.ts';
