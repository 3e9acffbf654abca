import {
  type BookOptions,
  type HistoryOptions,
  type HistoryPage,
  type Message,
  OutcryError,
  type PayloadCipher,
  type Position,
  type PublishOptions,
  type RoomEvent,
  type RoomStatus,
  type StandardSchema,
} from '@outcry/client';
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';

import { useSession } from './provider.ts';
import { NOT_CONNECTED, type SessionState } from './session.ts';
import { type BookView, NO_BOOK, NO_BOOK_WANTED } from './shared-book.ts';
import { IN_NO_ROOM, NO_ROOM, type RoomState, type RoomWants, type SharedRoom } from './shared-room.ts';

/** What a component wants of a room. */
export interface UseRoomOptions<T = unknown> {
  /** Messages of the room's past to begin with. */
  readonly history?: number | undefined;
  /** The latest messages that are kept. Default 200. */
  readonly maxMessages?: number | undefined;
  /** Checks every payload, in both directions. Made outside of components, and the same in all that use the room. */
  readonly schema?: StandardSchema<T> | undefined;
  /** Seals every payload end to end. Made outside of components, and the same in all that use the room. */
  readonly encryption?: PayloadCipher | undefined;
  /** Everything that the room tells, in order, from when the component is mounted: signals and gaps, for example. */
  readonly onEvent?: ((event: RoomEvent<T>) => void) | undefined;
}

/** A room as a component shows it, and what it may do there. The functions stay the same from render to render. */
export interface RoomView<T = unknown> {
  readonly status: RoomStatus;
  /** Why the status is `failed`. */
  readonly error: OutcryError | undefined;
  /** The latest, oldest first. `epoch` and `seq` together are a key. */
  readonly messages: readonly Message<T>[];
  /** As `room.publish` of the client: resolves once the message is stored. */
  readonly publish: (data: T, options?: PublishOptions) => Promise<Position>;
  /** As `room.signal` of the client: goes out now or never; whether it did. */
  readonly signal: (name: string, data?: T) => boolean;
  /** As `room.history` of the client: a page of the past. */
  readonly history: (page?: HistoryOptions) => Promise<HistoryPage<T>>;
}

/** Who is in a room. */
export interface MembersView {
  readonly status: RoomStatus;
  /** Why the status is `failed`. */
  readonly error: OutcryError | undefined;
  /** Users in the room, in the whole cluster; undefined while that is not known. */
  readonly count: number | undefined;
  /** Their names; not all of them where there are more than 1,000. */
  readonly members: readonly string[];
}

/** The one connection of all components below a provider, and where it stands. */
export function useOutcry(): SessionState {
  const session = useSession('useOutcry');
  const subscribe = useCallback((listener: () => void) => session.use(listener), [session]);
  return useSyncExternalStore(
    subscribe,
    () => session.shown,
    () => NOT_CONNECTED,
  );
}

/** Is in a room while the component is mounted, and shows its latest messages. `undefined` is in none. */
export function useRoom<T = unknown>(name: string | undefined, options: UseRoomOptions<T> = {}): RoomView<T> {
  const { history, maxMessages, schema, encryption, onEvent } = options;
  const session = useSession('useRoom');
  const latest = useRef(onEvent);
  useEffect(() => {
    latest.current = onEvent;
  }, [onEvent]);
  const wants = useMemo<RoomWants>(
    () => ({
      ...{ history, maxMessages, encryption },
      // What a schema of T lets pass is a T.
      schema: schema,
      onEvent: (event) => latest.current?.(event as RoomEvent<T>),
    }),
    [history, maxMessages, schema, encryption],
  );
  const { status, error, messages } = useSharedRoom('useRoom', name, wants);
  const actions = useMemo(() => {
    const room = (): SharedRoom => {
      const shared = name === undefined ? undefined : session.room(name);
      if (shared !== undefined) return shared;
      throw new OutcryError('notJoined', 'useRoom: expected a mounted component that is in a room');
    };
    return {
      publish: async (data: T, given?: PublishOptions) => room().publish(data, given),
      signal: (signal: string, data?: T) => room().signal(signal, data),
      history: async (page?: HistoryOptions) => (await room().history(page)) as HistoryPage<T>,
    };
  }, [session, name]);
  return { status, error, messages: messages as readonly Message<T>[], ...actions };
}

const MEMBERS: RoomWants = { presence: true };

/** Is in a room while the component is mounted, and shows who else is. `undefined` is in none. */
export function useMembers(name: string | undefined): MembersView {
  const { status, error, count, members } = useSharedRoom('useMembers', name, MEMBERS);
  return { status, error, count, members };
}

/** Watches a book while the component is mounted. `undefined` watches none. */
export function useBook(symbol: string | undefined, options: Omit<BookOptions, 'onChange'> = {}): BookView {
  const { depth, interval, checksum } = options;
  const session = useSession('useBook');
  const bookClass = useMemo<BookOptions>(() => ({ depth, interval, checksum }), [depth, interval, checksum]);
  const subscribe = useCallback(
    (listener: () => void) =>
      symbol === undefined ? () => undefined : session.bookFor(symbol, bookClass).use(listener),
    [session, symbol, bookClass],
  );
  const none = symbol === undefined ? NO_BOOK_WANTED : NO_BOOK;
  return useSyncExternalStore(
    subscribe,
    () => (symbol === undefined ? undefined : session.book(symbol, bookClass))?.shown ?? none,
    () => none,
  );
}

function useSharedRoom(hook: string, name: string | undefined, wants: RoomWants): RoomState {
  const session = useSession(hook);
  const subscribe = useCallback(
    (listener: () => void) => (name === undefined ? () => undefined : session.roomFor(name).useWith(wants, listener)),
    [session, name, wants],
  );
  const none = name === undefined ? IN_NO_ROOM : NO_ROOM;
  return useSyncExternalStore(
    subscribe,
    () => (name === undefined ? undefined : session.room(name))?.shown ?? none,
    () => none,
  );
}
