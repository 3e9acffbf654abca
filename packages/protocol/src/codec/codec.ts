import type { ClientFrame } from '../client-frames.ts';
import type { RequestId } from '../schema.ts';
import type { ServerFrame } from '../server-frames.ts';
import type { ClientCodec, WireFrame } from './client-codec.ts';

/**
 * One encoding of the wire. The gateway uses `decodeClient` and `encodeServer`, a client the other two.
 *
 * Encoders return memory of the caller's own. Decoders may return views of their input (payload bytes), valid as long as
 * the input is.
 */
export interface Codec extends ClientCodec {
  /**
   * Decodes one frame of a client. Nothing is allocated that its bytes have not paid for.
   *
   * @throws ProtocolError where the bytes are no frame: the session ends
   * @throws RequestError where the frame is well-formed and the request is not: the session lives
   */
  decodeClient(bytes: Uint8Array): ClientFrame;

  /**
   * The `id` of a frame that is not looked at further, so that its refusal can be told apart. Undefined where it has none, and
   * where it cannot be decoded.
   */
  readId(bytes: Uint8Array): RequestId | undefined;

  encodeServer(frame: ServerFrame): WireFrame;
}
