import { Encoding, isOfKind } from '@outcry/protocol';

import type { BackoffOptions } from '../core/backoff.ts';
import type { ClientStatus } from '../core/status.ts';
import { check, FUNCTION, type Rule, takeOptions } from '../primitives/check.ts';
import { openGlobalWebSocket, type WebSocketFactory } from './websocket.ts';

/** Called before each connection, and again before the token expires. `signal` aborts when the answer is no longer wanted. */
export type TokenSource = (context: { readonly signal: AbortSignal }) => Token | Promise<Token>;

/** Text of 1 to 4,096 bytes. Null or undefined is said on purpose: nobody is logged in any more, and the client ends. */
export type Token = string | null | undefined;

/** Everything that has a default, which fits most programs. */
export interface ConnectOptions {
  /** Who this client is. Without one it is a guest. A function is asked again whenever a fresh token is needed. */
  readonly token?: string | TokenSource | undefined;
  /** `msgpack` (the default) is smaller; `json` can be read in a browser's developer tools. */
  readonly encoding?: Encoding | undefined;
  /** Opens sockets where the platform has no `WebSocket` of its own (Node 20). */
  readonly webSocket?: WebSocketFactory | undefined;
  /** Every change of `client.status`, in order. */
  readonly onStatus?: ((status: ClientStatus) => void) | undefined;
  /** Time limit of a request, in milliseconds, however often it is repeated. Default 10,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** The same of a publish. Default 30,000; at most 240,000, for a gateway knows a key for five minutes. */
  readonly publishTimeoutMs?: number | undefined;
  /** Requests without an answer, those made while offline included; past it they fail as `queueFull`. Default 1,000. */
  readonly maxPendingRequests?: number | undefined;
  /** Events that wait for one iteration; past it the iteration fails as `overflow`. Default 10,000. */
  readonly maxBufferedEvents?: number | undefined;
  /**
   * Frames sent each second on average, in bursts of twice as many, where the gateway does not take fewer. Default what it takes, less
   * a tenth; 45 where it does not say. 0 limits nothing, whatever it takes: joins, bytes and signals neither.
   */
  readonly maxFramesPerSecond?: number | undefined;
  /** Waits between attempts. Default from 1 s, doubling up to 30 s, each with full jitter. */
  readonly backoff?: { readonly [K in keyof BackoffOptions]?: BackoffOptions[K] | undefined } | undefined;
  /** From an attempt's begin to a session, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Silence after which the gateway is asked whether it is there, in milliseconds. Default 15,000. */
  readonly pingAfterMs?: number | undefined;
  /** How long the answer may take before the connection counts as lost, in milliseconds. Default 5,000. */
  readonly pongTimeoutMs?: number | undefined;
}

/** With every default in its place. */
export type Settings = Pick<ConnectOptions, Undefaulted> & {
  readonly [K in Exclude<keyof ConnectOptions, Undefaulted | 'backoff'>]-?: NonNullable<ConnectOptions[K]>;
} & { readonly backoff: BackoffOptions };
type Undefaulted = 'token' | 'onStatus' | 'maxFramesPerSecond';

/** A gateway knows a publish's key for five minutes; past that, a repeat might be a second message. */
const MAX_PUBLISH_TIMEOUT_MS = 240_000;
/** Attempts with less between them are a storm. */
const MIN_BACKOFF_MS = 50;

const DURATION: Rule = [(value) => isFrom(value, Number.MIN_VALUE), 'milliseconds, more than 0'];
const BACKOFF_BOUND: Rule = [
  (value) => isFrom(value, MIN_BACKOFF_MS),
  `milliseconds, ${String(MIN_BACKOFF_MS)} or more`,
];
const COUNT: Rule = [(value) => isFrom(value, 1) && Number.isInteger(value), 'a whole number from 1 up'];

export const PUBLISH_TIMEOUT: Rule = [
  (value) => isFrom(value, Number.MIN_VALUE) && value <= MAX_PUBLISH_TIMEOUT_MS,
  `milliseconds, more than 0 and at most ${String(MAX_PUBLISH_TIMEOUT_MS)}`,
];

const TOKEN = [(value: unknown) => isOfKind('token', value), 'text of 1 to 4,096 bytes'] as const satisfies Rule;

const RULES: { readonly [K in keyof ConnectOptions]-?: Rule } = {
  token: [
    (value) => typeof value === 'function' || isOfKind('token', value),
    `${TOKEN[1]}, or a function that gives it`,
  ],
  encoding: [(value) => value === Encoding.Json || value === Encoding.Msgpack, 'json or msgpack'],
  webSocket: FUNCTION,
  onStatus: FUNCTION,
  requestTimeoutMs: DURATION,
  publishTimeoutMs: PUBLISH_TIMEOUT,
  maxPendingRequests: COUNT,
  maxBufferedEvents: COUNT,
  maxFramesPerSecond: [(value) => value === 0 || isFrom(value, 1), 'a number from 1 up, or 0 for no limit'],
  backoff: [(value) => typeof value === 'object' && value !== null, 'an object: baseMs, maxMs'],
  connectTimeoutMs: DURATION,
  pingAfterMs: DURATION,
  pongTimeoutMs: DURATION,
};

const DEFAULT_BACKOFF: BackoffOptions = { baseMs: 1_000, maxMs: 30_000 };
const DEFAULTS: Settings = {
  encoding: Encoding.Msgpack,
  webSocket: openGlobalWebSocket,
  requestTimeoutMs: 10_000,
  publishTimeoutMs: 30_000,
  maxPendingRequests: 1_000,
  maxBufferedEvents: 10_000,
  backoff: DEFAULT_BACKOFF,
  connectTimeoutMs: 10_000,
  pingAfterMs: 15_000,
  pongTimeoutMs: 5_000,
};

/** @throws OutcryError `badRequest` where an option is none; one that is undefined is absent */
export function toSettings(options: ConnectOptions): Settings {
  const { backoff = {}, ...taken } = takeOptions(options, RULES);
  const bounds = takeOptions(backoff, { baseMs: BACKOFF_BOUND, maxMs: BACKOFF_BOUND }, 'backoff.');
  return { ...DEFAULTS, ...taken, backoff: { ...DEFAULT_BACKOFF, ...bounds } };
}

/** @throws OutcryError `badRequest` where this is no address of a WebSocket; in a page, it may be relative to the page's own */
export function toUrl(url: string | URL): string {
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  let parsed: URL | undefined;
  try {
    parsed = new URL(url, location?.href);
  } catch {
    // What is wrong with it is said below.
  }
  check('url', url, [
    () => parsed !== undefined && /^(ws|http)s?:$/.test(parsed.protocol),
    'ws://…, wss://…, http://… or https://…',
  ]);
  return String(parsed).replace(/^http/, 'ws').replace(/#.*/, '');
}

export function checkToken(token: unknown): asserts token is string {
  check('token', token, TOKEN);
}

function isFrom(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= least;
}
