import type { ClientFrame, ClientFrameOf, ClientFrameType, CloseCode, RequestId } from '@outcry/protocol';

import type { Watches } from '../books/watches.ts';
import type { Backlog } from '../connections/backlog.ts';
import type { Identity } from '../identity/identity.ts';
import type { Memberships } from '../memberships/memberships.ts';
import type { Answerable } from './answers.ts';

import { handleAuth } from './handlers/auth.ts';
import { handleCall } from './handlers/call.ts';
import { handleHistory } from './handlers/history.ts';
import { handleJoin } from './handlers/join.ts';
import { handleLeave } from './handlers/leave.ts';
import { handleMembers } from './handlers/members.ts';
import { handlePing } from './handlers/ping.ts';
import { handlePublish } from './handlers/publish.ts';
import { handleSignal } from './handlers/signal.ts';
import { handleSubscribe } from './handlers/subscribe.ts';
import { handleSymbols } from './handlers/symbols.ts';
import { handleUnsubscribe } from './handlers/unsubscribe.ts';
import { checkAnswerRate } from './rates.ts';
import type { SessionServices } from './session-services.ts';

/** What there is of a session for handlers. Each says what it needs of it, and sees nothing else. */
export interface RequestClient extends Answerable {
  readonly connection: string;
  readonly identity: Identity;
  /** Where its connection comes from. */
  readonly address: string;
  readonly memberships: Memberships;
  readonly watches: Watches;
  readonly backlog: Backlog;
  /** Goes on under a newer token, or as somebody else. */
  takeIdentity(identity: Identity): Promise<void>;
  /** Joins it to rooms that it has not asked for. */
  putInto(rooms: readonly string[]): void;
  /** Whether the connection has ended. */
  readonly isClosed: boolean;
  close(closeCode: CloseCode): void;
  /** Answers a request that did not succeed, or ends the session. */
  fail(err: unknown, id?: RequestId): void;
}

/** @throws RequestError, at once or by rejection, where the request is refused */
export type HandleRequest = (
  client: RequestClient,
  frame: ClientFrame,
  services: SessionServices,
) => Promise<void> | void;

type Handler<T extends ClientFrameType> = (
  client: RequestClient,
  frame: ClientFrameOf<T>,
  services: SessionServices,
) => Promise<void> | void;

/** Every request, and what handles it. */
const HANDLERS: { readonly [T in ClientFrameType]: Handler<T> } = {
  auth: handleAuth,
  join: handleJoin,
  leave: handleLeave,
  publish: handlePublish,
  signal: handleSignal,
  members: handleMembers,
  history: handleHistory,
  subscribe: handleSubscribe,
  unsubscribe: handleUnsubscribe,
  symbols: handleSymbols,
  ping: handlePing,
  call: handleCall,
};

/** Requests whose answers may be many times their size. */
const ASKING: ReadonlySet<ClientFrameType> = new Set<ClientFrameType>([
  'history',
  'members',
  'symbols',
  'subscribe',
  'unsubscribe',
  'call',
]);

/** @throws RequestError, at once or by rejection, where the request is refused */
export function handleRequest<T extends ClientFrameType>(
  client: RequestClient,
  frame: ClientFrameOf<T>,
  services: SessionServices,
): Promise<void> | void {
  checkMayAsk(client, frame, services);
  const handle = HANDLERS[frame.type] as Handler<T>;
  return handle(client, frame, services);
}

/** @throws RequestError where answers have come to more than they may, and this request may be answered with much */
export function checkMayAsk(client: RequestClient, { type }: ClientFrame, services: SessionServices): void {
  if (ASKING.has(type)) checkAnswerRate(client, services);
}
