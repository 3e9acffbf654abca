import type { CloseCode } from '@outcry/protocol';
import type { WebSocket } from 'ws';

import type { LiveSocket } from './live-socket.ts';

/** A socket of ws, which throws nothing once it is open. */
export class WsSocket implements LiveSocket {
  readonly #webSocket: WebSocket;
  #closeCode: number | undefined;

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
  }

  /** What the gateway closed it with, where it did. */
  get closeCode(): number | undefined {
    return this.#closeCode;
  }

  send(frame: Uint8Array | string): void {
    if (this.#isOpen) this.#webSocket.send(frame, { binary: false });
  }

  bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  ping(): void {
    if (this.#isOpen) this.#webSocket.ping();
  }

  pong(data: Uint8Array): void {
    if (this.#isOpen) this.#webSocket.pong(data);
  }

  close({ code, reason }: CloseCode): void {
    this.#closeCode ??= code;
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  get #isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }
}
