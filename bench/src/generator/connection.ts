import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

import type { ClientPlan, ReadingRules } from './client-plan.ts';
import { countByte, FrameCounter } from './frame-counter.ts';
import { encodeClientFrame, encodePong, Opcode } from './websocket-frame.ts';

const HEAD_END = '\r\n\r\n';

/** All connections of a process read into the same memory: what is read is used up before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

/** One WebSocket client over a bare TCP socket. */
export class Connection {
  readonly counter: FrameCounter;
  /** It reads once, and then no more until `resume`. */
  stopsAfterRead = false;
  /** Resolves when the server has answered the greeting; rejects where the connection ends before. */
  readonly joined: Promise<void>;
  readonly #plan: ClientPlan;
  readonly #rules: ReadingRules;
  readonly #socket: Socket;
  #head: Buffer | undefined = Buffer.alloc(0);
  #answers = 0;
  #resolveJoined: () => void = () => undefined;
  #rejectJoined: (reason: Error) => void = () => undefined;

  constructor(plan: ClientPlan, rules: ReadingRules, onDelivery?: (part: Buffer) => void) {
    this.#plan = plan;
    this.#rules = rules;
    this.counter = new FrameCounter(
      {
        onControl: (opcode, payload) => {
          if (opcode === Opcode.Ping) this.#socket.write(encodePong(payload));
        },
        onShort: (payload) => {
          this.#receiveShort(payload);
        },
        ...(onDelivery === undefined ? {} : { onDelivery }),
      },
      rules.batchSeparator,
    );
    this.joined = new Promise((resolve, reject) => {
      this.#resolveJoined = resolve;
      this.#rejectJoined = reject;
    });
    this.#socket = this.#connect();
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Bytes that the server has not taken yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Sends bytes that are a whole client frame. */
  write(frame: Buffer): void {
    this.#socket.write(frame);
  }

  /** Stops reading: the kernel's buffers fill up, then the server's. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #connect(): Socket {
    const { hostname, port } = new URL(this.#plan.url);
    const socket = connect({
      host: hostname,
      port: Number(port),
      localAddress: this.#plan.localAddress,
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (length) => {
          this.#receive(READ_BUFFER.subarray(0, length));
          return !this.stopsAfterRead;
        },
      },
    });
    socket.once('connect', () => {
      socket.write(this.#request());
    });
    // A reset is an end like any other; 'close' follows.
    socket.on('error', (err) => {
      this.#rejectJoined(err);
    });
    socket.once('close', () => {
      this.#rejectJoined(new Error(`${this.#plan.url} ended the connection after ${String(this.#answers)} answers`));
    });
    return socket;
  }

  #request(): string {
    const { host, pathname, search } = new URL(this.#plan.url);
    const { subprotocols, headers = [] } = this.#plan;
    const lines = [
      `GET ${pathname}${search} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(subprotocols.length > 0 ? [`Sec-WebSocket-Protocol: ${subprotocols.join(', ')}`] : []),
      ...headers,
    ];
    return lines.join('\r\n') + HEAD_END;
  }

  #receive(bytes: Buffer): void {
    if (this.#head === undefined) this.counter.push(bytes);
    else this.#receiveHead(Buffer.concat([this.#head, bytes]));
  }

  #receiveHead(head: Buffer): void {
    const end = head.indexOf(HEAD_END);
    this.#head = end === -1 ? head : undefined;
    if (end === -1) return;
    const statusLine = head.toString('latin1', 0, head.indexOf('\r\n'));
    if (!statusLine.startsWith('HTTP/1.1 101')) {
      this.#rejectJoined(new Error(`${this.#plan.url} answered the handshake with ${statusLine}`));
      this.#socket.destroy();
      return;
    }
    for (const frame of this.#plan.frames) this.#socket.write(encodeClientFrame(frame));
    this.#countAnswers(0);
    this.counter.push(head.subarray(end + HEAD_END.length));
  }

  #receiveShort(payload: Buffer): void {
    const { keepAlive } = this.#rules;
    if (keepAlive !== undefined && payload.toString('latin1') === keepAlive.request) {
      this.#socket.write(encodeClientFrame(keepAlive.reply));
      return;
    }
    const { batchSeparator } = this.#rules;
    this.#countAnswers(1 + (batchSeparator === undefined ? 0 : countByte(payload, batchSeparator)));
  }

  /** From the last answer on, what is long enough is a delivery. */
  #countAnswers(more: number): void {
    this.#answers += more;
    if (this.#answers < this.#plan.answers || this.counter.minDeliveryBytes !== Infinity) return;
    this.counter.minDeliveryBytes = this.#rules.minDeliveryBytes;
    this.#resolveJoined();
  }
}
