import { BEARER_PREFIX, type ReceivedFrame, Retry, retryAfter, SUBPROTOCOLS } from '@outcry/protocol';
import { backoffMs } from './backoff.ts';
import { type Answer, type Request, type Requester, RequestFailure } from './frames.ts';
import { PendingRequests } from './pending-requests.ts';
import type { OpenSocket, Socket } from './socket.ts';

/** From opening the socket to `welcome`; then the attempt counts as failed. */
const WELCOME_TIMEOUT_MS = 10_000;
/** Silence after which the page asks whether anybody is there, and how long it waits for anything to come. */
const QUIET_MS = 15_000;
const PONG_TIMEOUT_MS = 5_000;
/** Only a connection that held this long starts the backoff anew: a gateway may welcome and then send away. */
const STEADY_MS = 10_000;
/** `lagging` is said once, and nothing says that it is over. */
const LAGGING_SHOWN_MS = 5_000;
const NO_CLOSE_FRAME = 1006;

export type ConnectionStatus =
  | { readonly state: 'connecting' }
  | { readonly state: 'live'; readonly node: string; readonly isLagging: boolean }
  | { readonly state: 'reconnecting'; readonly retryAt: number }
  | { readonly state: 'closed'; readonly reason: string };

export interface ConnectionOptions {
  readonly url: string;
  readonly user: string;
  readonly openSocket: OpenSocket;
  readonly onStatus: (status: ConnectionStatus) => void;
  /** Every frame of a live connection, in order; the status is `live` before the first. */
  readonly onFrame: (frame: ReceivedFrame) => void;
}

/** One session with the gateways: a WebSocket, and after its loss the next one, as the close code allows. */
export class Connection implements Requester {
  readonly #options: ConnectionOptions;
  readonly #pending = new PendingRequests();
  #status: ConnectionStatus = { state: 'connecting' };
  #socket: Socket | undefined;
  #attempt = 0;
  #liveSince: number | undefined;
  #drainMs: number | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  #laggingTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Connects at once, whatever the backoff says; does nothing where a socket is open or opening. */
  connect(): void {
    if (this.#socket !== undefined) return;
    clearTimeout(this.#retryTimer);
    const { url, user, openSocket } = this.#options;
    // What a socket still says after it has been given up is not heard.
    const socket: Socket = openSocket(url, [SUBPROTOCOLS.json, `${BEARER_PREFIX}${user}`], {
      handleText: (text) => {
        if (socket === this.#socket) this.#receive(JSON.parse(text) as ReceivedFrame);
      },
      handleClose: (code, reason) => {
        if (socket === this.#socket) this.#lose(code, reason);
      },
    });
    this.#socket = socket;
    this.#setStatus({ state: 'connecting' });
    this.#expectFrameWithin(WELCOME_TIMEOUT_MS);
  }

  request(request: Request): Promise<Answer> {
    const socket = this.#liveSocket();
    if (socket === undefined) return Promise.reject(disconnected());
    return this.#pending.open((id) => {
      socket.send(JSON.stringify({ ...request, id }));
    });
  }

  notify(request: Request): void {
    this.#liveSocket()?.send(JSON.stringify(request));
  }

  #liveSocket(): Socket | undefined {
    return this.#status.state === 'live' ? this.#socket : undefined;
  }

  #receive(frame: ReceivedFrame): void {
    if (frame.type === 'welcome') {
      this.#liveSince = Date.now();
      this.#setStatus({ state: 'live', node: frame.node, isLagging: false });
    } else if (frame.type === 'draining') {
      this.#drainMs = frame.reconnectInMs;
    } else if (frame.type === 'lagging') {
      this.#showLagging();
    }
    this.#askAfterSilence();
    this.#options.onFrame(frame);
    if (frame.type === 'ack' || frame.type === 'joined' || frame.type === 'pong' || frame.type === 'error') {
      this.#pending.settle(frame);
    }
  }

  #showLagging(): void {
    if (this.#status.state !== 'live') return;
    this.#setStatus({ ...this.#status, isLagging: true });
    clearTimeout(this.#laggingTimer);
    this.#laggingTimer = setTimeout(() => {
      if (this.#status.state === 'live') this.#setStatus({ ...this.#status, isLagging: false });
    }, LAGGING_SHOWN_MS);
  }

  /** A browser does not show WebSocket pings to a page, so a dead network is found by asking. */
  #askAfterSilence(): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => {
      this.notify({ type: 'ping' });
      this.#expectFrameWithin(PONG_TIMEOUT_MS);
    }, QUIET_MS);
  }

  #expectFrameWithin(timeoutMs: number): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => {
      this.#lose(NO_CLOSE_FRAME, '');
    }, timeoutMs);
  }

  #lose(code: number, reason: string): void {
    this.#dropSocket();
    const heldMs = this.#liveSince === undefined ? 0 : Date.now() - this.#liveSince;
    if (heldMs >= STEADY_MS) this.#attempt = 0;
    this.#liveSince = undefined;
    const retry = retryAfter(code);
    if (retry === Retry.Never) {
      this.#setStatus({ state: 'closed', reason });
    } else {
      const waitMs = this.#drainMs ?? backoffMs(retry, this.#attempt);
      this.#attempt += 1;
      this.#drainMs = undefined;
      this.#setStatus({ state: 'reconnecting', retryAt: Date.now() + waitMs });
      this.#retryTimer = setTimeout(() => {
        this.connect();
      }, waitMs);
    }
    this.#pending.failAll(disconnected());
  }

  /** The old socket is not waited for: on a dead network its close handshake may take a minute. */
  #dropSocket(): void {
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#laggingTimer);
    this.#socket?.close();
    this.#socket = undefined;
  }

  #setStatus(status: ConnectionStatus): void {
    this.#status = status;
    this.#options.onStatus(status);
  }
}

function disconnected(): RequestFailure {
  return new RequestFailure('disconnected', 'The connection was lost.', true);
}
