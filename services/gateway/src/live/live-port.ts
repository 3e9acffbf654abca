import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { BEARER_PREFIX, CLOSE_CODES, SUBPROTOCOLS } from '@outcry/protocol';
import type { UpgradeHandler } from '@outcry/service';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';

import { isOwnOrigin } from './is-own-origin.ts';
import { LiveSession, type LiveSessionParts } from './live-session.ts';
import { refuseUpgrade, type UpgradeRefusal } from './refuse-upgrade.ts';
import { WsSocket } from './ws-socket.ts';

const PATH = '/console/live';
const VERSION = '13';
const LOOK_MS = 1000;
const RETRY_AFTER_SECONDS = 10;
/** How long whoever is sent away, or closed, may take to close, too. */
const CLOSE_TIMEOUT_MS = 2000;
const STOP_MS = 500;
/** ws cuts what is larger without a reason of this protocol, so its limit stands above the one that is answered. */
const PAYLOAD_HEADROOM = 4;
/** Of one message: nobody has a reason to cut frames that are this small. */
const MAX_FRAGMENTS = 64;

/** The WebSockets of those who look: `/console/live` of the internal port. */
export class LivePort implements UpgradeHandler {
  readonly #parts: LiveSessionParts;
  readonly #server: WebSocketServer;
  readonly #sessions = new Map<WsSocket, LiveSession>();
  #timer: NodeJS.Timeout | undefined;
  #count = 0;
  #isClosing = false;
  #onEmpty: () => void = () => undefined;

  constructor(parts: LiveSessionParts) {
    this.#parts = parts;
    // Its types are of an earlier version.
    const options: ServerOptions & { readonly closeTimeout: number } = {
      ...{ noServer: true, clientTracking: false, autoPong: false, handleProtocols: () => SUBPROTOCOLS.json },
      ...{ maxPayload: parts.limits.maxFrameBytes * PAYLOAD_HEADROOM, maxFragments: MAX_FRAGMENTS },
      closeTimeout: CLOSE_TIMEOUT_MS,
    };
    this.#server = new WebSocketServer(options);
    this.#server.on('wsClientError', ({ message }, socket) => {
      this.#refuse(socket, { status: 400, code: 'badRequest', message });
    });
  }

  /** Those that are open. */
  get size(): number {
    return this.#sessions.size;
  }

  takes(request: IncomingMessage): boolean {
    return pathOf(request) === PATH;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) this.#refuse(socket, refusal);
    else {
      this.#server.handleUpgrade(request, socket, head, (webSocket) => {
        this.#open(webSocket, tokenOf(request));
      });
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    for (const session of this.#sessions.values()) session.sendAway();
    if (this.#sessions.size === 0) return;
    const late = setTimeout(() => {
      for (const socket of this.#sessions.keys()) socket.terminate();
    }, STOP_MS);
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    clearTimeout(late);
  }

  #refusalOf(request: IncomingMessage): UpgradeRefusal | undefined {
    const { origin, host, upgrade, 'sec-websocket-version': version } = request.headers;
    if (!isOwnOrigin(origin, host)) {
      return { status: 403, code: 'forbidden', message: 'only the console of this host' };
    }
    if (upgrade?.toLowerCase() !== 'websocket' || version !== VERSION) {
      return { status: 426, code: 'badRequest', message: `expected a WebSocket of version ${VERSION}` };
    }
    const offered = subprotocolsOf(request);
    if (offered.length > 0 && !offered.includes(SUBPROTOCOLS.json)) {
      return { status: 400, code: 'badRequest', message: `expected ${SUBPROTOCOLS.json}` };
    }
    if (!this.#isClosing && this.#hasPlace()) return undefined;
    const message = this.#isClosing ? 'the gateway stops' : 'as many look as may';
    return { status: 503, code: 'unavailable', message, retryAfterSeconds: RETRY_AFTER_SECONDS };
  }

  /** Whoever does not close when told to is cut off where somebody else comes. */
  #hasPlace(): boolean {
    if (this.#sessions.size < this.#parts.limits.maxSockets) return true;
    const closing = [...this.#sessions].find(([, { isClosed }]) => isClosed);
    if (closing === undefined) return false;
    const [socket] = closing;
    this.#sessions.delete(socket);
    socket.terminate();
    return true;
  }

  #refuse(socket: Duplex, refusal: UpgradeRefusal): void {
    const why = ({ 403: 'origin', 503: 'sockets', 400: 'handshake', 426: 'handshake' } as const)[refusal.status];
    this.#parts.metrics.refusals.labels(why).inc();
    refuseUpgrade(socket, refusal);
  }

  #open(webSocket: WebSocket, token: string | undefined): void {
    const { node, limits } = this.#parts;
    const socket = new WsSocket(webSocket);
    this.#count += 1;
    const session = new LiveSession({ socket, connection: `${node}-console-${String(this.#count)}` }, this.#parts);
    this.#listen(webSocket, socket, session);
    const waiting = [...this.#sessions.values()].filter(({ isWaiting }) => isWaiting).length;
    this.#sessions.set(socket, session);
    this.#timer ??= setInterval(() => {
      for (const each of this.#sessions.values()) each.look();
    }, LOOK_MS);
    // Who brings a key has not to wait for one.
    if (token === undefined && waiting >= limits.maxWaiting) session.close(CLOSE_CODES.atCapacity);
    else session.start(token);
  }

  #listen(webSocket: WebSocket, socket: WsSocket, session: LiveSession): void {
    webSocket.on('message', (data, isBinary) => {
      session.received(data as Buffer, isBinary);
    });
    webSocket.on('ping', (data) => {
      if (session.alive()) socket.pong(data);
    });
    webSocket.on('pong', () => {
      session.alive();
    });
    // What breaks WebSocket itself ws has closed by then, with a code of its own; 'close' follows.
    webSocket.on('error', () => undefined);
    webSocket.on('close', (code) => {
      this.#remove(socket, session, code);
    });
  }

  #remove(socket: WsSocket, session: LiveSession, code: number): void {
    session.closed();
    this.#sessions.delete(socket);
    this.#parts.metrics.countClose(socket.closeCode ?? code);
    if (this.#sessions.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#onEmpty();
  }
}

function pathOf({ url }: IncomingMessage): string {
  return (url ?? '/').split('?')[0] ?? '/';
}

function subprotocolsOf({ headers }: IncomingMessage): readonly string[] {
  const given = headers['sec-websocket-protocol'];
  return given === undefined ? [] : given.split(',').map((name) => name.trim());
}

/** Nowhere else: an address is written down by whatever it passes. */
function tokenOf(request: IncomingMessage): string | undefined {
  return subprotocolsOf(request)
    .find((name) => name.startsWith(BEARER_PREFIX))
    ?.slice(BEARER_PREFIX.length);
}
