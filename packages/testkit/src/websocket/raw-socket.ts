import type { Socket } from 'node:net';
import { constants, inflateRawSync } from 'node:zlib';

import { DEFAULT_DEADLINE_MS, withDeadline } from '../deadline.ts';
import { Inbox } from '../inbox.ts';
import { encodeFrame, type Frame, Opcode } from './frame.ts';
import { FrameParser, type ParsedFrame } from './frame-parser.ts';
import { type Handshake, type HandshakeOptions, type HandshakeResponse, shakeHands } from './handshake.ts';

/** Where a connection ended without a close frame (RFC 6455 §7.1.5). */
const NO_CLOSE_FRAME = 1006;

export type RawMessageKind = 'text' | 'binary' | 'ping' | 'pong';

/** A whole message or a control frame, as it came. */
export interface RawMessage {
  readonly kind: RawMessageKind;
  readonly bytes: Buffer;
  /** What it took on the wire, where it came compressed (RFC 7692). */
  readonly deflatedBytes?: number;
}

/** RFC 7692 §6: RSV1, the highest of them. */
const DEFLATED = 0b100;
/** RFC 7692 §7.2.2: what a sender leaves out. */
const DEFLATE_TAIL = Buffer.of(0x00, 0x00, 0xff, 0xff);

/** How a connection ended: the server's close frame, or 1006 where none came. */
export interface Disconnect {
  readonly code: number;
  readonly reason: string;
}

export interface RawSocketOptions extends HandshakeOptions {
  /** Whether pings are answered; true unless said otherwise. */
  readonly answersPings?: boolean;
}

/** A WebSocket over a bare TCP socket, able to break every rule of RFC 6455 that a client can break. */
export class RawSocket {
  readonly response: HandshakeResponse;
  /** Settles once the connection is gone. While reading is paused, its end is not seen either. */
  readonly closed: Promise<Disconnect>;
  readonly #socket: Socket;
  readonly #answersPings: boolean;
  readonly #parser = new FrameParser();
  readonly #inbox = new Inbox<RawMessage>(({ kind, bytes }) => `${kind} of ${String(bytes.length)} bytes`);
  #fragments: ParsedFrame[] = [];
  #disconnect: Disconnect = { code: NO_CLOSE_FRAME, reason: '' };
  #hasSentClose = false;

  private constructor({ socket, response, rest }: Handshake, answersPings: boolean) {
    this.#socket = socket;
    this.response = response;
    this.#answersPings = answersPings;
    socket.on('data', (bytes) => {
      this.#receive(bytes);
    });
    // A reset is an end like any other; 'close' follows.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        const { code, reason } = this.#disconnect;
        this.#inbox.end(new Error(`the connection ended with ${String(code)} ${reason}`));
        resolve(this.#disconnect);
      });
    });
    this.#receive(rest);
    socket.resume();
  }

  /** @throws HandshakeRefusedError where the server does not answer with 101 */
  static async connect(options: RawSocketOptions): Promise<RawSocket> {
    return new RawSocket(await shakeHands(options), options.answersPings ?? true);
  }

  get subprotocol(): string | undefined {
    return this.response.headers['sec-websocket-protocol'];
  }

  /** Every message so far, taken or not. */
  get received(): readonly RawMessage[] {
    return this.#inbox.all;
  }

  /** Takes the next message, or the next of these kinds; others stay for later calls. */
  async next(kinds?: readonly RawMessageKind[], deadlineMs: number = DEFAULT_DEADLINE_MS): Promise<RawMessage> {
    const what = kinds === undefined ? 'message' : kinds.join(' or ');
    return this.#inbox.take(({ kind }) => kinds?.includes(kind) ?? true, { what, deadlineMs });
  }

  /** `closed`, with a deadline. */
  async waitForClose(deadlineMs: number = DEFAULT_DEADLINE_MS): Promise<Disconnect> {
    return withDeadline(this.closed, {
      deadlineMs,
      describe: () => `the connection was not closed; ${String(this.received.length)} messages received`,
    });
  }

  sendText(text: string): void {
    this.sendFrame({ opcode: Opcode.Text, payload: Buffer.from(text) });
  }

  sendBinary(payload: Uint8Array): void {
    this.sendFrame({ opcode: Opcode.Binary, payload });
  }

  sendPing(payload: Uint8Array = Buffer.alloc(0)): void {
    this.sendFrame({ opcode: Opcode.Ping, payload });
  }

  sendPong(payload: Uint8Array = Buffer.alloc(0)): void {
    this.sendFrame({ opcode: Opcode.Pong, payload });
  }

  /** Sends a close frame; without a code, an empty one. */
  sendClose(code?: number, reason = ''): void {
    const payload = Buffer.alloc(code === undefined ? 0 : 2);
    if (code !== undefined) payload.writeUInt16BE(code);
    this.sendFrame({ opcode: Opcode.Close, payload: Buffer.concat([payload, Buffer.from(reason)]) });
    this.#hasSentClose = true;
  }

  /** Sends one frame as it is said: fragments, reserved bits, unmasked payloads. */
  sendFrame(frame: Frame): void {
    this.sendRaw(encodeFrame(frame));
  }

  /** Sends bytes that need not be a frame. */
  sendRaw(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  /** Stops reading: the kernel's buffers fill up, then the server's. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Cuts the connection without a close frame. */
  destroy(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    for (const frame of this.#parser.push(bytes)) this.#receiveFrame(frame);
  }

  #receiveFrame(frame: ParsedFrame): void {
    if (frame.isMasked || (frame.rsv !== 0 && !this.#mayBeDeflated(frame))) {
      this.#inbox.end(new Error('a server frame is masked or has reserved bits'));
      this.destroy();
      return;
    }
    switch (frame.opcode) {
      case Opcode.Ping:
        if (this.#answersPings) this.sendPong(frame.payload);
        this.#inbox.push({ kind: 'ping', bytes: frame.payload });
        return;
      case Opcode.Pong:
        this.#inbox.push({ kind: 'pong', bytes: frame.payload });
        return;
      case Opcode.Close:
        this.#receiveClose(frame.payload);
        return;
      default:
        this.#receiveData(frame);
    }
  }

  /** Without context takeover, which is all that is spoken here, each message by itself. */
  #mayBeDeflated({ rsv, opcode }: ParsedFrame): boolean {
    const agreed = this.response.headers['sec-websocket-extensions'] ?? '';
    const isFirst = opcode === Opcode.Text || opcode === Opcode.Binary;
    return rsv === DEFLATED && isFirst && agreed.includes('server_no_context_takeover');
  }

  #receiveData(frame: ParsedFrame): void {
    this.#fragments.push(frame);
    if (!frame.fin) return;
    const kind = this.#fragments[0]?.opcode === Opcode.Text ? 'text' : 'binary';
    const isDeflated = this.#fragments[0]?.rsv === DEFLATED;
    const bytes = Buffer.concat(this.#fragments.map(({ payload }) => payload));
    this.#fragments = [];
    this.#inbox.push(isDeflated ? { kind, bytes: inflate(bytes), deflatedBytes: bytes.length } : { kind, bytes });
  }

  #receiveClose(payload: Buffer): void {
    if (payload.length >= 2) {
      this.#disconnect = { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString('utf8') };
    } else {
      // RFC 6455 §7.1.5: a close frame without a code.
      this.#disconnect = { code: 1005, reason: '' };
    }
    if (!this.#hasSentClose) this.sendClose(payload.length >= 2 ? payload.readUInt16BE(0) : undefined);
    this.#socket.end();
  }
}

function inflate(bytes: Buffer): Buffer {
  return inflateRawSync(Buffer.concat([bytes, DEFLATE_TAIL]), { finishFlush: constants.Z_SYNC_FLUSH });
}
