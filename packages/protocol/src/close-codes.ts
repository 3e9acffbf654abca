/** What a client does after a disconnect. The range of a 4xxx code says the same, so unknown codes need no table. */
export const Retry = { Never: 'never', Wait: 'wait', Now: 'now' } as const;
export type Retry = (typeof Retry)[keyof typeof Retry];

export interface CloseCode {
  readonly code: number;
  /** A short machine-readable token, at most 123 bytes of UTF-8 (RFC 6455 §5.5). */
  readonly reason: string;
  readonly retry: Retry;
}

/** Every code that the gateway closes with. 4000–4099 never, 4100–4199 after a wait, 4200–4299 now, with resume. */
export const CLOSE_CODES = {
  /** A text frame on a msgpack session, or a binary frame on a JSON session. */
  unsupportedData: { code: 1003, reason: 'unsupported-data', retry: Retry.Never },
  /** A frame larger than `maxFrameBytes`. */
  tooBig: { code: 1009, reason: 'too-big', retry: Retry.Never },
  /** A fault of the gateway while it handled this session. */
  internalError: { code: 1011, reason: 'internal-error', retry: Retry.Wait },
  /** The node shuts down; `draining` told this client when to come back. */
  restart: { code: 1012, reason: 'restart', retry: Retry.Wait },
  /** The client's first token was refused, or it asked for something else before it brought one. */
  unauthenticated: { code: 4001, reason: 'unauthenticated', retry: Retry.Never },
  /** What came cannot be decoded as a frame. */
  malformed: { code: 4002, reason: 'malformed', retry: Retry.Never },
  /** `/orderbookfeed` was asked for a symbol, depth or interval that does not exist. */
  unknownSymbol: { code: 4004, reason: 'unknown-symbol', retry: Retry.Never },
  /** The user, or the address, has all the connections that it may have. */
  quotaExceeded: { code: 4005, reason: 'quota-exceeded', retry: Retry.Never },
  /** No `auth` frame came in time on a connection that began without a token. */
  authTimeout: { code: 4006, reason: 'auth-timeout', retry: Retry.Never },
  /** The session's token, or every token of its user, was revoked. */
  revoked: { code: 4007, reason: 'revoked', retry: Retry.Never },
  /** The server API ended the connection. */
  disconnected: { code: 4008, reason: 'disconnected', retry: Retry.Never },
  /** The operator's own server does not want this client. */
  refused: { code: 4009, reason: 'refused', retry: Retry.Never },
  /** As many connections of the node wait for their token as may. */
  atCapacity: { code: 4100, reason: 'at-capacity', retry: Retry.Wait },
  /** More frames per second than a connection may send, and the warning went unheeded; or too many connections of an address. */
  rateLimited: { code: 4101, reason: 'rate-limited', retry: Retry.Wait },
  /** The connection needs the broker to start, and the broker cannot be reached. */
  brokerUnavailable: { code: 4102, reason: 'broker-unavailable', retry: Retry.Wait },
  /** The token names a key that the gateway does not know, and that its identity provider may have begun to sign with. */
  keyPending: { code: 4103, reason: 'key-pending', retry: Retry.Wait },
  /** The operator's own server is asked who may come, and did not say so in time. */
  undecided: { code: 4104, reason: 'undecided', retry: Retry.Wait },
  /** The server API asked the client to connect anew, to whichever node. */
  reconnect: { code: 4200, reason: 'reconnect', retry: Retry.Now },
  /** The session's token has expired: come back with another one. */
  tokenExpired: { code: 4201, reason: 'token-expired', retry: Retry.Now },
  /** More is buffered for this client than may be. */
  slowConsumer: { code: 4202, reason: 'slow-consumer', retry: Retry.Now },
  /** No complete frame came for longer than the idle timeout. */
  heartbeatTimeout: { code: 4204, reason: 'heartbeat-timeout', retry: Retry.Now },
} as const satisfies Record<string, CloseCode>;

export type CloseCodeName = keyof typeof CLOSE_CODES;

const RETRY_BY_HUNDRED: Readonly<Record<number, Retry>> = { 40: Retry.Never, 41: Retry.Wait, 42: Retry.Now };
const RETRY_BY_CODE = new Map<number, Retry>(Object.values(CLOSE_CODES).map(({ code, retry }) => [code, retry]));

/** What a client does after any close code, known to it or not: the table, then the range, then wait. */
export function retryAfter(code: number): Retry {
  return RETRY_BY_CODE.get(code) ?? RETRY_BY_HUNDRED[Math.floor(code / 100)] ?? Retry.Wait;
}
