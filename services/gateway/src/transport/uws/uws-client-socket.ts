import type { CloseCode, WireFrame } from '@outcry/protocol';
import type { WebSocket } from 'uWebSockets.js';

import type { ClientSocket, SendOutcome } from '../client-socket.ts';
import type { ConnectionRequest, SessionPort } from '../transport.ts';
import type { WriteWatch } from '../write-watch.ts';
import type { Compression } from './compression.ts';

/** What uWS keeps for a connection: the request from the upgrade until it is open, the rest from then on. */
export interface UwsConnection {
  request: ConnectionRequest | undefined;
  socket: UwsClientSocket | undefined;
  port: SessionPort | undefined;
  /** Set when it closed before its port was known, as a connection does that is turned away. */
  closeCode: number | undefined;
}

const OUTCOMES: readonly SendOutcome[] = ['queued', 'sent', 'dropped'];

/** For how long what a client has not read may stand before its close frame. */
const MAX_DRAIN_MS = 2000;

export class UwsClientSocket implements ClientSocket {
  // uWS throws on any use of a closed WebSocket, so it is forgotten with its close event.
  #ws: WebSocket<UwsConnection> | undefined;
  closeCode: CloseCode | undefined;
  /** What it is closed with stands behind what waits to be read. */
  #isDraining = false;
  #drainTimer: NodeJS.Timeout | undefined;

  readonly #writes: WriteWatch;
  readonly #compression: Compression;

  constructor(ws: WebSocket<UwsConnection>, writes: WriteWatch, compression: Compression) {
    this.#ws = ws;
    this.#writes = writes;
    this.#compression = compression;
  }

  send(frame: WireFrame): SendOutcome {
    const status = this.#live?.send(frame, typeof frame !== 'string', this.#compression.isWorthIt(frame));
    return status === undefined ? 'sent' : this.#judge(status);
  }

  bufferedBytes(): number {
    return this.#live?.getBufferedAmount() ?? 0;
  }

  cork(write: () => void): void {
    this.#live?.cork(write);
  }

  follow(topic: string): void {
    this.#live?.subscribe(topic);
  }

  unfollow(topic: string): void {
    this.#live?.unsubscribe(topic);
  }

  publishToOthers(topic: string, frame: WireFrame): void {
    this.#live?.publish(topic, frame, typeof frame !== 'string', this.#compression.isWorthIt(frame));
  }

  ping(): void {
    const status = this.#live?.ping();
    if (status !== undefined) this.#judge(status);
  }

  /**
   * Behind what waits for the client, a close frame would wait as well, and uWS would keep both for as long as the client reads
   * nothing. So that is given its time, and dropped.
   */
  close(closeCode: CloseCode): void {
    const ws = this.#live;
    if (ws === undefined) return;
    this.closeCode = closeCode;
    if (ws.getBufferedAmount() === 0) {
      ws.end(closeCode.code, closeCode.reason);
      return;
    }
    for (const topic of ws.getTopics()) ws.unsubscribe(topic);
    this.#isDraining = true;
    this.#drainTimer = setTimeout(() => {
      this.#ws?.close();
    }, MAX_DRAIN_MS).unref();
    closeSession(ws.getUserData(), closeCode.code);
  }

  /** The transport's drain event. */
  drained(): void {
    this.#writes.wrote();
    if (!this.#isDraining || this.closeCode === undefined || this.#ws?.getBufferedAmount() !== 0) return;
    this.#ws.end(this.closeCode.code, this.closeCode.reason);
  }

  /** The transport's close event: from here on the WebSocket is gone. */
  detach(): void {
    clearTimeout(this.#drainTimer);
    this.#writes.ended(this);
    this.#ws = undefined;
  }

  #judge(status: number): SendOutcome {
    const outcome = OUTCOMES[status] ?? 'dropped';
    if (outcome === 'sent') this.#writes.wrote();
    else this.#writes.waits(this);
    return outcome;
  }

  /** Undefined where nothing more is to be sent. */
  get #live(): WebSocket<UwsConnection> | undefined {
    return this.#isDraining ? undefined : this.#ws;
  }
}

/** Tells whoever the connection was for that it is over, once. */
export function closeSession(connection: UwsConnection, code: number): void {
  if (connection.closeCode !== undefined) return;
  connection.closeCode = code;
  connection.port?.closed(code);
  connection.port = undefined;
}
