import { decodeFrame, encodeRequest, type WireRequest, type WireServerFrame } from '@outcry/testkit';
import { WebSocket } from 'ws';

import type { Random } from '../../support/random.ts';

/** The first wait before a client that lost its connection comes back; it doubles with every failure, up to the second. */
const FIRST_WAIT_MS = 50;
const MAX_WAIT_MS = 1000;

export interface ConnectionOptions {
  readonly user: string;
  /** Asked before each attempt. */
  readonly url: () => string;
  readonly random: Random;
  readonly onOpen: () => void;
  readonly onFrame: (frame: WireServerFrame) => void;
  readonly onLost: (code: number) => void;
}

/** A client's connection, kept up as docs/PROTOCOL.md §8 says: the range of a close code decides whether and when to come back. */
export class Connection {
  readonly #options: ConnectionOptions;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempts = 0;
  #isWanted = false;
  #refusal: number | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** The code of a close after which a client does not come back, if there was one. */
  get refusal(): number | undefined {
    return this.#refusal;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  open(): void {
    this.#isWanted = true;
    this.#connect();
  }

  send(request: WireRequest): void {
    if (this.isOpen) this.#socket?.send(encodeRequest(request, 'msgpack'));
  }

  /** Ends without a word, as a lost network does; what is on its way is lost. Comes back with `open`. */
  cut(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.terminate();
  }

  #connect(): void {
    const { user, url, onOpen, onFrame, onLost } = this.#options;
    const socket = new WebSocket(url(), ['outcry.v1.msgpack', `bearer.${user}`]);
    this.#socket = socket;
    const isCurrent = (): boolean => this.#socket === socket;
    socket.on('open', () => {
      if (isCurrent()) onOpen();
    });
    socket.on('message', (bytes: Buffer) => {
      if (!isCurrent()) return;
      this.#attempts = 0;
      onFrame(decodeFrame({ kind: 'binary', bytes }, 'msgpack'));
    });
    // A refused handshake is an error, and then a close like any other.
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      if (!isCurrent()) return;
      onLost(code);
      if (this.#isWanted) this.#comeBack(code);
    });
  }

  #comeBack(code: number): void {
    if (isFinal(code)) {
      this.#refusal = code;
      return;
    }
    const isAtOnce = code >= 4200 && code < 4300;
    const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#timer = setTimeout(
      () => {
        this.#connect();
      },
      isAtOnce ? 0 : this.#options.random.between(waitMs / 2, waitMs),
    );
  }
}

function isFinal(code: number): boolean {
  return (code >= 4000 && code < 4100) || [1003, 1009].includes(code);
}
