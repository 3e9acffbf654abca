import type { MemberChange, MemberEntry } from './member.ts';
import type { Instrument } from './instrument.ts';
import type { SourceKind } from './source-kind.ts';
import type { SymbolResult } from './symbol-result.ts';

/** A client's own mark on a request, echoed by its answer: a safe integer or a string of at most 64 bytes. */
export type RequestId = number | string;

/** A place in a room's order: `seq` counts from 1 without holes within an `epoch`. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/**
 * What each field kind holds in memory. `P` is how application payloads are held (encoded on the gateway, a plain value in
 * a client) and `L` how book levels are held (scaled integers with their scale on the gateway, wire pairs in a client).
 */
export interface FieldTypes<P, L> {
  id: RequestId;
  token: string;
  room: string;
  user: string;
  name: string;
  key: string;
  /** A `traceparent` of W3C Trace Context, or what somebody takes for one: whether it is, is seen where it is acted upon. */
  trace: string;
  symbol: string;
  /** As the client wrote them: a name that is no symbol is one that nobody knows, and fails by itself. */
  symbols: readonly string[];
  text: string;
  uint: number;
  /** A room's or book's position: in msgpack always nine bytes, so that a broker can append it behind a frame. */
  seq: number;
  bool: boolean;
  position: Position;
  payload: P;
  /** What is known of a user: an object, held as payloads are. */
  info: P;
  levels: L;
  change: MemberChange;
  source: SourceKind;
  members: readonly MemberEntry<P>[];
  messages: readonly P[];
  instruments: readonly Instrument[];
  results: readonly SymbolResult[];
}

export type FieldKind = keyof FieldTypes<unknown, unknown>;

/** A kind, or a kind followed by `?` where the field may be absent. */
export type FieldSpec = FieldKind | `${FieldKind}?`;

/** `tag` is the first element of the msgpack array; the order of `fields` is the order of the elements that follow. */
export interface FrameSchema {
  readonly tag: number;
  readonly fields: Readonly<Record<string, FieldSpec>>;
}

/**
 * The wire, in one table. It drives both codecs, the tables of docs/PROTOCOL.md and the golden vectors. A field may be
 * added at the end of any frame; nothing is ever removed or moved within version 1. A `message` is stored up to its `seq`, which the
 * broker appends: what stands behind that is put there by whoever relays it (codec/frames/message-frame.ts).
 */
export const CLIENT_SCHEMA = {
  auth: { tag: 1, fields: { id: 'id?', token: 'token' } },
  join: {
    tag: 2,
    fields: {
      id: 'id?',
      room: 'room',
      since: 'position?',
      history: 'uint?',
      echo: 'bool?',
      presence: 'bool?',
      info: 'bool?',
    },
  },
  leave: { tag: 3, fields: { id: 'id?', room: 'room' } },
  publish: { tag: 4, fields: { id: 'id?', room: 'room', data: 'payload', key: 'key?', traceparent: 'trace?' } },
  signal: { tag: 5, fields: { id: 'id?', room: 'room', name: 'name', data: 'payload?' } },
  members: { tag: 6, fields: { id: 'id?', room: 'room' } },
  history: { tag: 7, fields: { id: 'id?', room: 'room', before: 'uint?', limit: 'uint', info: 'bool?' } },
  subscribe: {
    tag: 8,
    fields: {
      id: 'id?',
      symbol: 'symbol?',
      depth: 'uint',
      interval: 'uint',
      symbols: 'symbols?',
      checksum: 'bool?',
    },
  },
  unsubscribe: {
    tag: 9,
    fields: { id: 'id?', symbol: 'symbol?', depth: 'uint', interval: 'uint', symbols: 'symbols?' },
  },
  symbols: { tag: 10, fields: { id: 'id?' } },
  ping: { tag: 11, fields: { id: 'id?' } },
  call: { tag: 12, fields: { id: 'id?', method: 'name', data: 'payload?' } },
} as const satisfies Record<string, FrameSchema>;

export const SERVER_SCHEMA = {
  welcome: {
    tag: 32,
    fields: {
      connection: 'text',
      node: 'text',
      user: 'user',
      at: 'uint',
      heartbeatMs: 'uint',
      resumeWindowMs: 'uint',
      maxFrameBytes: 'uint',
      maxRooms: 'uint',
      maxSubscriptions: 'uint',
      expiresAt: 'uint?',
      maxFramesPerSecond: 'uint?',
      maxFrameBurst: 'uint?',
      maxBytesPerSecond: 'uint?',
      maxByteBurst: 'uint?',
      maxJoinsPerSecond: 'uint?',
      maxJoinBurst: 'uint?',
      maxSignalsPerSecond: 'uint?',
      maxSignalBurst: 'uint?',
      maxControlFramesPerSecond: 'uint?',
      maxControlFrameBurst: 'uint?',
      maxAnswerBytesPerSecond: 'uint?',
      maxAnswerByteBurst: 'uint?',
      maxCallsPerSecond: 'uint?',
      maxCallBurst: 'uint?',
    },
  },
  ack: {
    tag: 33,
    fields: {
      id: 'id?',
      user: 'user?',
      expiresAt: 'uint?',
      count: 'uint?',
      members: 'members?',
      messages: 'messages?',
      instruments: 'instruments?',
      epoch: 'text?',
      seq: 'seq?',
      more: 'bool?',
      away: 'bool?',
    },
  },
  error: {
    tag: 34,
    fields: { id: 'id?', code: 'text', message: 'text', retryable: 'bool', room: 'room?', retryInMs: 'uint?' },
  },
  joined: {
    tag: 35,
    fields: { id: 'id?', room: 'room', epoch: 'text', recovered: 'bool', members: 'uint?', seq: 'seq', away: 'bool?' },
  },
  message: {
    tag: 36,
    fields: {
      room: 'room',
      from: 'user',
      at: 'uint',
      data: 'payload',
      seq: 'seq',
      info: 'info?',
      traceparent: 'trace?',
    },
  },
  signal: { tag: 37, fields: { room: 'room', from: 'user', name: 'name', data: 'payload?' } },
  member: { tag: 38, fields: { room: 'room', user: 'user', change: 'change', count: 'uint', info: 'info?' } },
  snapshot: {
    tag: 39,
    fields: {
      symbol: 'symbol',
      depth: 'uint',
      interval: 'uint',
      epoch: 'text',
      priceScale: 'uint',
      sizeScale: 'uint',
      bids: 'levels',
      asks: 'levels',
      venueAt: 'uint',
      at: 'uint',
      venueSeq: 'uint',
      checksum: 'uint?',
      seq: 'seq',
      kind: 'source?',
    },
  },
  delta: {
    tag: 40,
    fields: {
      symbol: 'symbol',
      depth: 'uint',
      interval: 'uint',
      bids: 'levels',
      asks: 'levels',
      venueAt: 'uint',
      at: 'uint',
      venueSeq: 'uint',
      checksum: 'uint?',
      prev: 'uint',
      seq: 'seq',
    },
  },
  heartbeat: { tag: 41, fields: { symbol: 'symbol', depth: 'uint', interval: 'uint', seq: 'seq' } },
  stale: { tag: 42, fields: { room: 'room?', symbol: 'symbol?' } },
  fresh: { tag: 43, fields: { room: 'room?', symbol: 'symbol?' } },
  reset: { tag: 44, fields: { room: 'room', epoch: 'text', seq: 'seq', recovered: 'bool?', away: 'bool?' } },
  lagging: { tag: 45, fields: { bufferedBytes: 'uint' } },
  draining: { tag: 46, fields: { reconnectInMs: 'uint', openForMs: 'uint?', stays: 'bool?' } },
  pong: { tag: 47, fields: { id: 'id?', at: 'uint' } },
  results: { tag: 48, fields: { id: 'id?', results: 'results' } },
  reply: { tag: 49, fields: { id: 'id?', data: 'payload?' } },
  left: { tag: 50, fields: { room: 'room' } },
} as const satisfies Record<string, FrameSchema>;

type KindOf<S extends string> = S extends `${infer K extends FieldKind}?` ? K : S extends FieldKind ? S : never;

type RequiredKeys<F> = { [K in keyof F]: F[K] extends `${string}?` ? never : K }[keyof F];
type OptionalKeys<F> = { [K in keyof F]: F[K] extends `${string}?` ? K : never }[keyof F];

type FieldValues<F, P, L> = {
  readonly [K in RequiredKeys<F>]: FieldTypes<P, L>[KindOf<F[K] & string>];
} & {
  readonly [K in OptionalKeys<F>]?: FieldTypes<P, L>[KindOf<F[K] & string>];
};

type Flatten<T> = { [K in keyof T]: T[K] };

/** The union of frames that a table describes, discriminated by `type`. */
export type FrameOf<S extends Record<string, FrameSchema>, P, L> = {
  [T in keyof S & string]: Flatten<{ readonly type: T } & FieldValues<S[T]['fields'], P, L>>;
}[keyof S & string];

/** Splits `'room?'` into its kind and whether the field may be absent. */
export function parseFieldSpec(spec: FieldSpec): { kind: FieldKind; isOptional: boolean } {
  return spec.endsWith('?')
    ? { kind: spec.slice(0, -1) as FieldKind, isOptional: true }
    : { kind: spec as FieldKind, isOptional: false };
}
