import { Encoding } from '@outcry/protocol';

import type { BackoffOptions } from '../core/backoff.ts';
import { OutcryError } from '../primitives/errors.ts';
import type { ClientStatus } from '../core/status.ts';
import { openGlobalWebSocket, type WebSocketFactory } from './websocket.ts';

/** Called before each connection, and again before the token expires. `signal` aborts when the answer is no longer wanted. */
export type TokenSource = (context: { readonly signal: AbortSignal }) => string | Promise<string>;

/** Everything that has a default, which fits most programs. */
export interface ConnectOptions {
  /** Who this client is. Without one it is a guest. A function is asked again whenever a fresh token is needed. */
  readonly token?: string | TokenSource;
  /** `msgpack` (the default) is smaller; `json` can be read in a browser's developer tools. */
  readonly encoding?: Encoding;
  /** Opens sockets where the platform has no `WebSocket` of its own (Node 20). */
  readonly webSocket?: WebSocketFactory;
  /** Every change of `client.status`, in order. */
  readonly onStatus?: (status: ClientStatus) => void;
  /** Time limit of a request, in milliseconds, however often it is repeated. Default 10,000. */
  readonly requestTimeoutMs?: number;
  /** The same of a publish. Default 30,000; at most 240,000, for a gateway knows a key for five minutes. */
  readonly publishTimeoutMs?: number;
  /** Requests without an answer, those made while offline included; past it they fail as `queueFull`. Default 1,000. */
  readonly maxPendingRequests?: number;
  /** Events that wait for one iteration; past it the iteration fails as `overflow`. Default 10,000. */
  readonly maxBufferedEvents?: number;
  /** Frames sent each second on average, in bursts of twice as many; 0 does not limit. Default 45, below a gateway's own limit. */
  readonly maxFramesPerSecond?: number;
  /** Waits between attempts. Default from 1 s, doubling up to 30 s, each with full jitter. */
  readonly backoff?: BackoffOptions;
  /** From an attempt's begin to a session, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Silence after which the gateway is asked whether it is there, in milliseconds. Default 15,000. */
  readonly pingAfterMs?: number;
  /** How long the answer may take before the connection counts as lost, in milliseconds. Default 5,000. */
  readonly pongTimeoutMs?: number;
}

/** With every default in its place. */
export type Settings = Required<Omit<ConnectOptions, 'token' | 'onStatus'>> &
  Pick<ConnectOptions, 'token' | 'onStatus'>;

const DEFAULTS: Settings = {
  encoding: Encoding.Msgpack,
  webSocket: openGlobalWebSocket,
  requestTimeoutMs: 10_000,
  publishTimeoutMs: 30_000,
  maxPendingRequests: 1_000,
  maxBufferedEvents: 10_000,
  maxFramesPerSecond: 45,
  backoff: { baseMs: 1_000, maxMs: 30_000 },
  connectTimeoutMs: 10_000,
  pingAfterMs: 15_000,
  pongTimeoutMs: 5_000,
};

/** A gateway knows a publish's key for five minutes; past that, a repeat might be a second message. */
export const MAX_PUBLISH_TIMEOUT_MS = 240_000;

/** @throws OutcryError `badRequest` where a limit makes no sense */
export function toSettings(options: ConnectOptions): Settings {
  const settings = { ...DEFAULTS, ...options };
  const { publishTimeoutMs } = settings;
  if (publishTimeoutMs > MAX_PUBLISH_TIMEOUT_MS) {
    throw new OutcryError(
      'badRequest',
      `publishTimeoutMs: expected at most ${String(MAX_PUBLISH_TIMEOUT_MS)}, not ${String(publishTimeoutMs)}`,
    );
  }
  return settings;
}
