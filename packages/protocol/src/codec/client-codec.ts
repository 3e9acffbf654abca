import type { ClientFrame } from '../client-frames.ts';
import type { ReceivedFrame } from '../server-frames.ts';
import type { Encoding } from '../subprotocol.ts';

/** Bytes for a binary WebSocket frame, or text for a text frame. */
export type WireFrame = Uint8Array | string;

/** A wire frame as browsers take it to send: of memory that no other thread shares. */
export type SendableFrame = Uint8Array<ArrayBuffer> | string;

/** A client's half of one encoding of the wire. What it returns is the caller's to keep. */
export interface ClientCodec {
  readonly encoding: Encoding;

  encodeClient(frame: ClientFrame<unknown>): SendableFrame;

  /** @throws ProtocolError where the input is no frame. Frames of unknown type (a newer server) are undefined. */
  decodeServer(input: WireFrame): ReceivedFrame | undefined;
}
