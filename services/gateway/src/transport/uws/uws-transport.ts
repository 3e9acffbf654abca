import { OutcryError } from '@outcry/broker';
import type { WireFrame } from '@outcry/protocol';
import {
  App,
  type HttpRequest,
  type HttpResponse,
  SSLApp,
  type TemplatedApp,
  type us_listen_socket,
  us_listen_socket_close,
  type us_socket_context_t,
  us_socket_local_port,
  type WebSocketBehavior,
} from 'uWebSockets.js';

import { type CountedSocket, SocketCount } from '../socket-count.ts';
import {
  Endpoint,
  type Refusal,
  type SocketCounts,
  type TlsFiles,
  type Transport,
  type TransportHandler,
  type TransportOptions,
} from '../transport.ts';
import { WriteWatch } from '../write-watch.ts';
import { Compression } from './compression.ts';
import { readHandshake, UNKNOWN_SUBPROTOCOL, UPGRADE_HEADERS, upgradeRefusal } from './handshake.ts';
import { readHeaders } from './read-headers.ts';
import { readPeer, readVisitor } from './read-visitor.ts';
import { PlainExchange } from './plain-exchange.ts';
import { handlePost } from './post-route.ts';
import { methodNotAllowed, serveSite } from './site.ts';
import { closeSession, UwsClientSocket, type UwsConnection } from './uws-client-socket.ts';
import { refusalAnswer } from './write-answer.ts';

/**
 * uWS cuts nobody for silence: each connection is looked after here, with a code. So it also waits least for the end of a socket
 * whose WebSocket it has closed, which follows from this (20.67: 0 to 4 seconds; 16 with the 120 that it has by default).
 */
const NO_IDLE_TIMEOUT = 0;

/** Within which a socket has ended whose WebSocket is closed, by what uWS says above and a second for its clock. */
const MAX_CLOSING_MS = 5000;

/** RFC 6455 §7.1.5, where there was no close frame. */
const NO_CLOSE_FRAME = 1006;
/** What uWS closes by a close frame of its own, though by the same code. */
const BAD_CLOSE_FRAME = 'Received invalid close payload';

/** uSockets' LIBUS_LISTEN_DEFAULT, with SO_REUSEPORT, and LIBUS_LISTEN_EXCLUSIVE_PORT. */
const SHARED_PORT = 0;
const EXCLUSIVE_PORT = 1;

interface UpgradeRequest {
  readonly res: HttpResponse;
  readonly req: HttpRequest;
  readonly context: us_socket_context_t;
  readonly peer: string;
  readonly counted: CountedSocket;
}

type Listen = (...args: [string, number, number, (socket: us_listen_socket | false) => void]) => void;

/** Of TLS 1.2 only suites with forward secrecy and authenticated encryption (RFC 9325 §4.2); of 1.3 there are no others. */
const CIPHERS = 'ECDHE+AESGCM:ECDHE+CHACHA20';

function createApp(tls: TlsFiles | undefined): TemplatedApp {
  if (tls === undefined) return App();
  return SSLApp({ cert_file_name: tls.certFile, key_file_name: tls.keyFile, ssl_ciphers: CIPHERS });
}

/** A request over plain HTTP while uWS still holds it. */
interface PlainRequest {
  readonly res: HttpResponse;
  readonly req: HttpRequest;
  readonly peer: string;
  readonly exchange: PlainExchange;
}

/** WebSockets over uWebSockets.js. Upgrades are synchronous, so none is ever pending. */
export class UwsTransport implements Transport {
  readonly #options: TransportOptions;
  readonly #app: TemplatedApp;
  readonly #compression: Compression;
  readonly #sockets: SocketCount;
  readonly #writes: WriteWatch;
  #listenSocket: us_listen_socket | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#app = createApp(options.tls);
    this.#compression = new Compression(options.canCompress);
    this.#writes = new WriteWatch(options.heartbeatMs);
    this.#sockets = new SocketCount({
      limits: options.sockets,
      isProxy: (address) => options.proxies.isTrusted(address),
      onRefused: options.onSocketRefused,
    });
  }

  get sockets(): SocketCounts {
    return this.#sockets;
  }

  get fault(): string | undefined {
    return this.#writes.fault;
  }

  listen(handler: TransportHandler): Promise<number> {
    this.#app.filter((res, change) => {
      // Of an end (-1) it does not say whose.
      if (change === 1) this.#admit(res);
    });
    for (const endpoint of Object.values(Endpoint)) this.#app.ws(endpoint, this.#behavior(endpoint, handler));
    this.#serve();
    const { host, port, isPortShared } = this.#options;
    return new Promise((resolve, reject) => {
      const whenListening = (socket: us_listen_socket | false): void => {
        if (socket === false) {
          reject(
            new OutcryError(
              'badConfig',
              `cannot listen on ${host}:${String(port)}: the port is taken, or this machine has no such address`,
            ),
          );
          return;
        }
        this.#listenSocket = socket;
        resolve(us_socket_local_port(socket));
      };
      // Not shared unless that is wanted: uWS would let any second process take the same port, which by itself is a mistake.
      // Its types (20.0.8) lack the form with a host and options that it has.
      const listen = this.#app.listen.bind(this.#app) as unknown as Listen;
      listen(host, port, isPortShared ? SHARED_PORT : EXCLUSIVE_PORT, whenListening);
    });
  }

  publish(topic: string, frame: WireFrame): void {
    this.#app.publish(topic, frame, typeof frame !== 'string', this.#compression.isWorthIt(frame));
  }

  stopListening(): void {
    if (this.#listenSocket === undefined) return;
    us_listen_socket_close(this.#listenSocket);
    this.#listenSocket = undefined;
  }

  close(): void {
    this.#listenSocket = undefined;
    this.#app.close();
  }

  /** A socket has come. uWS closes it where it is silent for some 10 seconds; its end is known until a request comes. */
  #admit(res: HttpResponse): void {
    const peer = readPeer(res);
    const counted = peer === undefined ? undefined : this.#sockets.admit(peer);
    if (counted === undefined) res.close();
    else {
      res.onAborted(() => {
        counted.ended();
      });
    }
  }

  /**
   * What to do with a request, given who sent it and how its socket counts. Where the other end is gone already nothing is known of
   * it, and its socket ends by what was said when it came.
   */
  #receive(res: HttpResponse, handle: (peer: string, counted: CountedSocket) => void): void {
    const peer = readPeer(res);
    if (peer === undefined) res.close();
    else handle(peer, this.#sockets.find(peer));
  }

  #receivePlain(res: HttpResponse, req: HttpRequest, handle: (request: PlainRequest) => void): void {
    this.#receive(res, (peer, counted) => {
      handle({ res, req, peer, exchange: new PlainExchange(res, counted) });
    });
  }

  /** Everything that is no WebSocket. */
  #serve(): void {
    const { posts, proxies, site: files, hasPictures, tls } = this.#options;
    const site = { files, hasPictures, isTls: tls !== undefined };
    for (const [path, handler] of posts) {
      this.#app.post(path, (res, req) => {
        this.#receivePlain(res, req, (request) => {
          handlePost({ handler, proxies }, request);
        });
      });
    }
    // uWS gives each handler a handle of its own on a response. The one that has answered is of no use afterwards, and what is
    // left of a connection could not be closed: so a second one is kept of those that get the page.
    let hold: HttpResponse | undefined;
    const keep = (res: HttpResponse, req: HttpRequest): void => {
      hold = res;
      req.setYield(true);
    };
    this.#app
      .get('/*', keep)
      .head('/*', keep)
      .any('/*', (res, req) => {
        const kept = hold;
        hold = undefined;
        this.#receivePlain(res, req, ({ exchange }) => {
          const isPost = posts.has(req.getUrl());
          if (isPost || kept === undefined) exchange.answer(methodNotAllowed(isPost ? 'POST' : 'GET, HEAD'));
          else serveSite(site, { req, exchange, hold: kept });
        });
      });
  }

  #behavior(endpoint: Endpoint, handler: TransportHandler): WebSocketBehavior<UwsConnection> {
    const { maxPayloadBytes, maxBackpressureBytes } = this.#options;
    return {
      compression: this.#compression.mode,
      maxPayloadLength: maxPayloadBytes,
      maxBackpressure: maxBackpressureBytes,
      closeOnBackpressureLimit: false,
      idleTimeout: NO_IDLE_TIMEOUT,
      sendPingsAutomatically: false,
      upgrade: (res, req, context) => {
        this.#receive(res, (peer, counted) => {
          this.#upgrade({ res, req, context, peer, counted }, endpoint, handler);
        });
      },
      open: (ws) => {
        const connection = ws.getUserData();
        const { request } = connection;
        if (request === undefined) return;
        connection.request = undefined;
        const socket = new UwsClientSocket(ws, this.#writes, this.#compression);
        connection.socket = socket;
        const port = handler.opened(socket, request);
        if (connection.closeCode === undefined) connection.port = port;
        else port.closed(connection.closeCode);
      },
      message: (ws, message, isBinary) => {
        ws.getUserData().port?.received(new Uint8Array(message), isBinary);
      },
      ping: (ws) => {
        ws.getUserData().port?.alive();
      },
      pong: (ws) => {
        ws.getUserData().port?.alive();
      },
      drain: (ws) => {
        const { port, socket } = ws.getUserData();
        port?.drained();
        socket?.drained();
      },
      dropped: (ws) => {
        // In the midst of a publish, whose list of sockets must not change: to close one there ends the process (uWS 20.67).
        const connection = ws.getUserData();
        setImmediate(() => {
          connection.port?.overflowed();
        });
      },
      close: (ws, code, reason) => {
        closed(ws.getUserData(), this.#sockets.findOpen(), { code, reason });
      },
    };
  }

  /** Answers a handshake, in one turn: it becomes a WebSocket, or is told why not. */
  #upgrade(request: UpgradeRequest, endpoint: Endpoint, handler: TransportHandler): void {
    const { res, req, context, peer, counted } = request;
    const { proxies, tokenSources: sources } = this.#options;
    const refuse = (refusal: Refusal, headers?: Readonly<Record<string, string>>): void => {
      new PlainExchange(res, counted).answer(refusalAnswer(refusal, headers));
    };
    const notAsked = upgradeRefusal(req);
    if (notAsked !== undefined) {
      refuse(notAsked, UPGRADE_HEADERS);
      return;
    }
    const headers = readHeaders(req);
    const visitor = readVisitor(res, headers, { peer, proxies });
    const refusal = handler.refusal(visitor);
    if (refusal !== undefined) {
      refuse(refusal);
      return;
    }
    const handshake = readHandshake(req, { endpoint, headers, sources, address: visitor.address });
    if (handshake === undefined) {
      refuse(UNKNOWN_SUBPROTOCOL);
      return;
    }
    counted.opened();
    const connection: UwsConnection = {
      request: handshake.request,
      socket: undefined,
      port: undefined,
      closeCode: undefined,
    };
    const extensions = this.#compression.offerOf(req);
    res.upgrade(connection, req.getHeader('sec-websocket-key'), handshake.subprotocol, extensions, context);
  }
}

interface Closing {
  readonly code: number;
  readonly reason: ArrayBuffer;
}

/** A WebSocket is no more. Where its other end had closed it, or it was cut, the socket is gone as well. */
function closed(connection: UwsConnection, counted: CountedSocket, { code, reason }: Closing): void {
  connection.socket?.detach();
  const isGone = code === NO_CLOSE_FRAME && Buffer.from(reason).toString() !== BAD_CLOSE_FRAME;
  if (isGone) {
    counted.ended();
  } else {
    counted.closing();
    setTimeout(() => {
      counted.ended();
    }, MAX_CLOSING_MS).unref();
  }
  closeSession(connection, code);
}
