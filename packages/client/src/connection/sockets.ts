import {
  BEARER_PREFIX,
  CAN_MOVE,
  type ClientCodec,
  CLOSE_CODES,
  type ReceivedFrame,
  type SendableFrame,
  SUBPROTOCOLS,
} from '@outcry/protocol';

import type { SocketLoss } from '../core/loss.ts';
import type { Machine } from '../core/machine.ts';
import type { Environment } from './environment.ts';
import type { Settings } from './options.ts';
import type { WebSocketLike } from './websocket.ts';

const NORMAL_CLOSURE = 1000;
const NO_CLOSE_FRAME = 1006;
/** How long the far side may take to close, too. */
const CLOSE_TIMEOUT_MS = 2_000;

/** What is told of sockets, by their numbers. */
type SocketListener = Pick<Machine, 'handleOpen' | 'handleFrame' | 'handleLoss' | 'handleNoSocket'>;

export interface SocketsOptions {
  readonly url: string;
  readonly settings: Settings;
  readonly environment: Environment;
  readonly codec: ClientCodec;
  /** Lets something happen to the machine. */
  readonly step: (happen: (machine: SocketListener, now: number) => void) => void;
}

/** The sockets of a client, of which there are two while it goes from one gateway to another. */
export class Sockets {
  readonly #options: SocketsOptions;
  readonly #open = new Map<number, WebSocketLike>();

  constructor(options: SocketsOptions) {
    this.#options = options;
  }

  open(number: number, token: string | undefined): void {
    const { url, settings } = this.#options;
    const protocols: string[] = [SUBPROTOCOLS[settings.encoding], CAN_MOVE];
    if (token !== undefined) protocols.push(BEARER_PREFIX + token);
    let socket: WebSocketLike;
    try {
      socket = settings.webSocket(url, protocols);
      socket.binaryType = 'arraybuffer';
    } catch (cause) {
      this.#options.step((machine) => {
        machine.handleNoSocket(number, cause);
      });
      return;
    }
    this.#open.set(number, socket);
    socket.addEventListener('open', () => {
      this.#options.step((machine, now) => {
        machine.handleOpen(number, now);
      });
    });
    socket.addEventListener('message', ({ data }) => {
      this.#receive(number, data);
    });
    // Node's own socket ends with an `error` where it could not connect; elsewhere a `close` follows, of what is over by then.
    socket.addEventListener('error', (event) => {
      this.drop(number);
      this.#lose(number, { code: NO_CLOSE_FRAME, cause: causeOf(event) });
    });
    socket.addEventListener('close', ({ code, reason }) => {
      this.#open.delete(number);
      this.#lose(number, { code, reason });
    });
  }

  send(number: number, frame: SendableFrame): void {
    try {
      this.#open.get(number)?.send(frame);
    } catch {
      // A socket that is closing does not send; its `close` is on the way, and what was to be sent is repeated then.
    }
  }

  /** It is not waited for: on a dead network the close handshake may take a minute. */
  drop(number: number): void {
    const socket = this.#open.get(number);
    this.#open.delete(number);
    socket?.close(NORMAL_CLOSURE);
    if (socket?.terminate === undefined) return;
    socket.addEventListener(
      'close',
      this.#options.environment.schedule(() => socket.terminate?.(), CLOSE_TIMEOUT_MS),
    );
  }

  #lose(number: number, loss: SocketLoss): void {
    this.#options.step((machine, now) => {
      machine.handleLoss(number, loss, now);
    });
  }

  #receive(number: number, data: unknown): void {
    if (!this.#open.has(number)) return;
    let frame: ReceivedFrame | undefined;
    try {
      frame = this.#options.codec.decodeServer(typeof data === 'string' ? data : toBytes(data));
    } catch (cause) {
      this.drop(number);
      this.#lose(number, { code: CLOSE_CODES.malformed.code, cause });
      return;
    }
    this.#options.step((machine, now) => {
      machine.handleFrame(number, frame, now);
    });
  }
}

/** An `ErrorEvent` has the error in it; the browsers' own event says nothing. */
function causeOf(event: unknown): unknown {
  return typeof event === 'object' && event !== null && 'error' in event ? event.error : undefined;
}

function toBytes(data: unknown): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (data instanceof Uint8Array) return data;
  throw new TypeError('expected text or an ArrayBuffer');
}
