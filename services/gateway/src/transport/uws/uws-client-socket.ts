import type { CloseCode, WireFrame } from '@outcry/protocol';
import type { WebSocket } from 'uWebSockets.js';

import type { ClientSocket, SendOutcome } from '../client-socket.ts';
import type { ConnectionRequest, SessionPort } from '../transport.ts';

/** What uWS keeps for a connection: the request from the upgrade until it is open, the rest from then on. */
export interface UwsConnection {
  request: ConnectionRequest | undefined;
  socket: UwsClientSocket | undefined;
  port: SessionPort | undefined;
  /** Set when it closed before its port was known, as a connection does that is turned away. */
  closeCode: number | undefined;
}

const OUTCOMES: readonly SendOutcome[] = ['queued', 'sent', 'dropped'];

export class UwsClientSocket implements ClientSocket {
  // uWS throws on any use of a closed WebSocket, so it is forgotten with its close event.
  #ws: WebSocket<UwsConnection> | undefined;

  constructor(ws: WebSocket<UwsConnection>) {
    this.#ws = ws;
  }

  send(frame: WireFrame): SendOutcome {
    const status = this.#ws?.send(frame, typeof frame !== 'string');
    return status === undefined ? 'sent' : (OUTCOMES[status] ?? 'dropped');
  }

  bufferedBytes(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  cork(write: () => void): void {
    this.#ws?.cork(write);
  }

  follow(topic: string): void {
    this.#ws?.subscribe(topic);
  }

  unfollow(topic: string): void {
    this.#ws?.unsubscribe(topic);
  }

  publishToOthers(topic: string, frame: WireFrame): void {
    this.#ws?.publish(topic, frame, typeof frame !== 'string');
  }

  ping(): void {
    this.#ws?.ping();
  }

  close({ code, reason }: CloseCode): void {
    this.#ws?.end(code, reason);
  }

  /** The transport's close event: from here on the WebSocket is gone. */
  detach(): void {
    this.#ws = undefined;
  }
}
