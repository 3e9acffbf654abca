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

import { Endpoint, type TlsFiles, type Transport, type TransportHandler, type TransportOptions } from '../transport.ts';
import { readHandshake, UNKNOWN_SUBPROTOCOL, UPGRADE_HEADERS, upgradeRefusal } from './handshake.ts';
import { readHeaders } from './read-headers.ts';
import { readVisitor } from './read-visitor.ts';
import { handlePost } from './post-route.ts';
import { refuseMethod, serveSite } from './site.ts';
import { UwsClientSocket, type UwsConnection } from './uws-client-socket.ts';
import { writeRefusal } from './write-answer.ts';

/**
 * Seconds of silence after which uWS itself cuts a connection: a back-stop behind the session's own idle timeout, which is
 * shorter and closes with a code. uWS ends the process on 1 to 7 and on more than 960.
 */
const IDLE_BACKSTOP_SECONDS = 120;

/** uSockets' LIBUS_LISTEN_DEFAULT, with SO_REUSEPORT, and LIBUS_LISTEN_EXCLUSIVE_PORT. */
const SHARED_PORT = 0;
const EXCLUSIVE_PORT = 1;

interface UpgradeRequest {
  readonly res: HttpResponse;
  readonly req: HttpRequest;
  readonly context: us_socket_context_t;
}

type Listen = (...args: [string, number, number, (socket: us_listen_socket | false) => void]) => void;

function createApp(tls: TlsFiles | undefined): TemplatedApp {
  return tls === undefined ? App() : SSLApp({ cert_file_name: tls.certFile, key_file_name: tls.keyFile });
}

/** WebSockets over uWebSockets.js. Upgrades are synchronous, so none is ever pending. */
export class UwsTransport implements Transport {
  readonly #options: TransportOptions;
  readonly #app: TemplatedApp;
  #listenSocket: us_listen_socket | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#app = createApp(options.tls);
  }

  listen(handler: TransportHandler): Promise<number> {
    for (const endpoint of Object.values(Endpoint)) this.#app.ws(endpoint, this.#behavior(endpoint, handler));
    const { posts, proxies } = this.#options;
    for (const [path, post] of posts) {
      this.#app.post(path, (res, req) => {
        handlePost({ handler: post, proxies }, res, req);
      });
    }
    const serve = (res: HttpResponse, req: HttpRequest): void => {
      if (posts.has(req.getUrl())) refuseMethod('POST', res);
      else serveSite(this.#options.site, res, req);
    };
    this.#app
      .get('/*', serve)
      .head('/*', serve)
      .any('/*', (res, req) => {
        refuseMethod(posts.has(req.getUrl()) ? 'POST' : 'GET, HEAD', res);
      });
    const { host, port, isPortShared } = this.#options;
    return new Promise((resolve, reject) => {
      const whenListening = (socket: us_listen_socket | false): void => {
        if (socket === false) {
          reject(new OutcryError('badConfig', `cannot listen on ${host}:${String(port)}: the port is taken`));
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
    this.#app.publish(topic, frame, typeof frame !== 'string');
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

  #behavior(endpoint: Endpoint, handler: TransportHandler): WebSocketBehavior<UwsConnection> {
    const { maxPayloadBytes, maxBackpressureBytes } = this.#options;
    return {
      maxPayloadLength: maxPayloadBytes,
      maxBackpressure: maxBackpressureBytes,
      closeOnBackpressureLimit: false,
      idleTimeout: IDLE_BACKSTOP_SECONDS,
      sendPingsAutomatically: false,
      upgrade: (res, req, context) => {
        this.#upgrade({ res, req, context }, endpoint, handler);
      },
      open: (ws) => {
        const connection = ws.getUserData();
        const { request } = connection;
        if (request === undefined) return;
        connection.request = undefined;
        const socket = new UwsClientSocket(ws);
        connection.socket = socket;
        connection.port = handler.opened(socket, request);
        if (connection.closeCode !== undefined) connection.port.closed(connection.closeCode);
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
        ws.getUserData().port?.drained();
      },
      dropped: (ws) => {
        ws.getUserData().port?.overflowed();
      },
      close: (ws, code) => {
        const connection = ws.getUserData();
        connection.socket?.detach();
        connection.closeCode = code;
        connection.port?.closed(code);
      },
    };
  }

  /** Answers a handshake, in one turn: it becomes a WebSocket, or is told why not. */
  #upgrade({ res, req, context }: UpgradeRequest, endpoint: Endpoint, handler: TransportHandler): void {
    const { proxies, tokenSources: sources } = this.#options;
    const notAsked = upgradeRefusal(req);
    if (notAsked !== undefined) {
      writeRefusal(res, notAsked, UPGRADE_HEADERS);
      return;
    }
    const headers = readHeaders(req);
    const visitor = readVisitor(res, headers, proxies);
    const refusal = handler.refusal(visitor);
    if (refusal !== undefined) {
      writeRefusal(res, refusal);
      return;
    }
    const handshake = readHandshake(req, { endpoint, headers, sources, address: visitor.address });
    if (handshake === undefined) {
      writeRefusal(res, UNKNOWN_SUBPROTOCOL);
      return;
    }
    const connection: UwsConnection = {
      request: handshake.request,
      socket: undefined,
      port: undefined,
      closeCode: undefined,
    };
    res.upgrade(connection, req.getHeader('sec-websocket-key'), handshake.subprotocol, '', context);
  }
}
