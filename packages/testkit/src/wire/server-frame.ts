/** Frames that a server sends, by their names; written from docs/PROTOCOL.md §5. The raw client checks each on arrival. */
interface ServerFrames {
  welcome: {
    connection: string;
    node: string;
    user: string;
    at: number;
    heartbeatMs: number;
    resumeWindowMs: number;
    maxFrameBytes: number;
    maxRooms: number;
    maxSubscriptions: number;
    expiresAt?: number;
    maxFramesPerSecond?: number;
    maxFrameBurst?: number;
    maxBytesPerSecond?: number;
    maxByteBurst?: number;
    maxJoinsPerSecond?: number;
    maxJoinBurst?: number;
    maxSignalsPerSecond?: number;
    maxSignalBurst?: number;
    maxControlFramesPerSecond?: number;
    maxControlFrameBurst?: number;
    maxAnswerBytesPerSecond?: number;
    maxAnswerByteBurst?: number;
    maxCallsPerSecond?: number;
    maxCallBurst?: number;
  };
  ack: {
    id?: RequestId;
    user?: string;
    expiresAt?: number;
    count?: number;
    members?: readonly { user: string; connections: number; info?: Info }[];
    messages?: readonly WireMessage[];
    instruments?: readonly WireInstrument[];
    epoch?: string;
    seq?: number;
    more?: boolean;
    away?: boolean;
  };
  error: {
    id?: RequestId;
    code: string;
    message: string;
    retryable: boolean;
    room?: string;
    retryInMs?: number;
  };
  lagging: { bufferedBytes: number };
  draining: { reconnectInMs: number; openForMs?: number; stays?: boolean };
  pong: { id?: RequestId; at: number };
  results: { id?: RequestId; results: readonly WireSymbolResult[] };
  reply: { id?: RequestId; data?: unknown };
  left: { room: string };
  joined: {
    id?: RequestId;
    room: string;
    epoch: string;
    recovered: boolean;
    members?: number;
    seq: number;
    away?: boolean;
  };
  message: MessageFields;
  signal: { room: string; from: string; name: string; data?: unknown };
  member: { room: string; user: string; change: 'joined' | 'left'; count: number; info?: Info };
  reset: { room: string; epoch: string; seq: number; recovered?: boolean };
  stale: { room?: string; symbol?: string };
  fresh: { room?: string; symbol?: string };
  snapshot: BookClass &
    BookSides & {
      epoch: string;
      priceScale: number;
      sizeScale: number;
      checksum?: number;
      seq: number;
      kind?: SourceKind;
    };
  delta: BookClass & BookSides & { checksum?: number; prev: number; seq: number };
  heartbeat: BookClass & { seq: number };
}

type Info = Readonly<Record<string, unknown>>;

interface MessageFields {
  room: string;
  from: string;
  at: number;
  data: unknown;
  seq: number;
  info?: Info;
  traceparent?: string;
}

/** A `message` frame as history answers with it. Spelt out, since a frame's type may not lead back to itself. */
export type WireMessage = Readonly<{ type: 'message' } & MessageFields>;

interface BookClass {
  symbol: string;
  depth: number;
  interval: number;
}

interface BookSides {
  bids: readonly WireLevel[];
  asks: readonly WireLevel[];
  venueAt: number;
  at: number;
  venueSeq: number;
}

export type RequestId = number | string;

/** Decimal strings in JSON, scaled integers in msgpack. */
export type WireLevel = readonly [price: number | string, size: number | string];

export interface WireInstrument {
  readonly symbol: string;
  readonly priceScale: number;
  readonly sizeScale: number;
  readonly depths: readonly number[];
  readonly intervals: readonly number[];
  readonly kind?: SourceKind;
}

type SourceKind = 'simulated' | 'replay' | 'live';

export interface WireSymbolResult {
  readonly symbol: string;
  readonly error?: { readonly code: string; readonly message: string; readonly retryable: boolean };
}

export type ServerFrameType = keyof ServerFrames;
export type ServerFrameOf<T extends ServerFrameType> = Readonly<{ type: T } & ServerFrames[T]>;
export type WireServerFrame = { [T in ServerFrameType]: ServerFrameOf<T> }[ServerFrameType];

/** A request with any fields, right or wrong ones. */
export interface WireRequest {
  readonly type: string;
  readonly [field: string]: unknown;
}
