import type { Encoding, ErrorCode, WireFrame } from '@outcry/protocol';

import type { TrustedProxies } from './trusted-proxies.ts';
import type { ClientSocket } from './client-socket.ts';
import type { SocketLimit, SocketLimits } from './socket-count.ts';
import type { ContentEncoding } from './content-encoding.ts';

/** The endpoints that upgrade. */
export const Endpoint = { Session: '/ws', OrderBookFeed: '/orderbookfeed' } as const;
export type Endpoint = (typeof Endpoint)[keyof typeof Endpoint];

/** Where a handshake may carry its token, in the order in which they are looked at. */
export const TokenSource = { Subprotocol: 'subprotocol', Query: 'query', Cookie: 'cookie' } as const;
export type TokenSource = (typeof TokenSource)[keyof typeof TokenSource];

export interface HandshakeToken {
  readonly text: string;
  /** A browser sends a cookie along whoever asked it to connect; the others are proof of the page's own will. */
  readonly source: TokenSource;
}

/** Which doors there are besides the subprotocol, which is always open. */
export interface TokenSources {
  /** The name of the cookie. */
  readonly cookie: string | undefined;
  /** Whether `?token=` is looked at. */
  readonly hasQuery: boolean;
}

/** What a handshake said, copied: nothing of the transport's own escapes it. */
export interface ConnectionRequest {
  readonly endpoint: Endpoint;
  readonly encoding: Encoding;
  readonly token: HandshakeToken | undefined;
  /** Whether the client can go on on another connection before it closes this one. */
  readonly canMove: boolean;
  /** The client's, as far as trusted proxies tell. */
  readonly address: string;
  readonly query: URLSearchParams;
}

/** Where the transport delivers what one connection does. `closed` is last. */
export interface SessionPort {
  /** One whole WebSocket message. `bytes` are valid only during the call. */
  received(bytes: Uint8Array, isBinary: boolean): void;
  /** A ping or pong frame came. */
  alive(): void;
  /** Something of what waited for this client in user space has gone out. */
  drained(): void;
  /** A frame published to a topic was lost to this socket. */
  overflowed(): void;
  closed(code: number): void;
}

/** Who knocks, as far as that can be told at no cost. */
export interface Visitor {
  /** Every `Origin` header. */
  readonly origins: readonly string[];
  readonly hasCookies: boolean;
  /** The client's, as far as trusted proxies tell. */
  readonly address: string;
}

/** Why a handshake is answered with HTTP instead of an upgrade. */
export interface Refusal {
  readonly status: 400 | 403 | 426 | 429 | 503;
  readonly error: ErrorCode;
  readonly message: string;
  /** Undefined where it is no use to try again. */
  readonly retryAfterSeconds: number | undefined;
}

export interface TransportHandler {
  /** Asked before anything else of a handshake is looked at. */
  refusal(visitor: Visitor): Refusal | undefined;
  opened(socket: ClientSocket, request: ConnectionRequest): SessionPort;
}

/** Fan-out to all followers of a topic: one call whatever their number. */
export interface TopicPublisher {
  publish(topic: string, frame: WireFrame): void;
}

/** A file served on the public port. */
export interface SiteFile {
  readonly contentType: string;
  readonly body: Uint8Array;
  /** The same, compressed, where that was done when the page was built. */
  readonly encoded: { readonly [E in ContentEncoding]?: Uint8Array };
  /** Whether the name changes with the content, so that a browser may keep it for good. */
  readonly isImmutable: boolean;
}

/** A POST on the public port, read to its end. */
export interface PostRequest {
  /** The client's, as far as trusted proxies tell. */
  readonly address: string;
  /** Empty where the client did not say. */
  readonly contentType: string;
  /** Undefined where it is longer than any may be. */
  readonly body: Buffer | undefined;
}

export interface PostAnswer {
  readonly status: number;
  /** Becomes JSON. */
  readonly body: unknown;
  readonly retryAfterSeconds?: number | undefined;
}

/** Never rejects. */
export type PostHandler = (request: PostRequest) => Promise<PostAnswer>;

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TransportOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Other processes may listen on it, too. */
  readonly isPortShared: boolean;
  /** Past this the connection is cut without a close frame. Larger than the session's own limit, which answers with one. */
  readonly maxPayloadBytes: number;
  /** Past this frames are lost, and `overflowed` is called. Larger than the session's own limits, which act before. */
  readonly maxBackpressureBytes: number;
  readonly sockets: SocketLimits;
  /** Called for each socket that is closed as it comes. */
  readonly onSocketRefused: (limit: SocketLimit) => void;
  /** How often each client is pinged. */
  readonly heartbeatMs: number;
  readonly tokenSources: TokenSources;
  readonly proxies: TrustedProxies;
  readonly tls: TlsFiles | undefined;
  /** Whether long frames are compressed for clients that offer it (RFC 7692). */
  readonly canCompress: boolean;
  /** By path. */
  readonly posts: ReadonlyMap<string, PostHandler>;
  /** By path. */
  readonly site: ReadonlyMap<string, SiteFile>;
  /** Whether its pages may show pictures from elsewhere, by https. */
  readonly hasPictures: boolean;
}

/** Sockets of the public port, by what they are. */
export interface SocketCounts {
  /** No WebSocket yet. */
  readonly handshakes: number;
  readonly open: number;
  /** Closed, and there for a while still. */
  readonly closing: number;
}

export interface Transport extends TopicPublisher {
  readonly sockets: SocketCounts;
  /** Why clients get nothing from it though it is sent, in words for operators; undefined while it works. */
  readonly fault: string | undefined;
  /** Resolves with the port once connections are taken; rejects with a one-line error where it cannot be had. */
  listen(handler: TransportHandler): Promise<number>;
  /** Takes no further connections; those that are open stay. */
  stopListening(): void;
  /** Frees everything that is left. */
  close(): void;
}
