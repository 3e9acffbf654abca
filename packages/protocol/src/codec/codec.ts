import type { ClientFrame } from '../client-frames.ts';
import type { RequestId } from '../schema.ts';
import type { ServerFrame } from '../server-frames.ts';
import type { ClientCodec, WireFrame } from './client-codec.ts';

/** What is known of a `publish` that was not decoded. */
export interface PublishHead {
  readonly id: RequestId | undefined;
}

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

  /**
   * Whether a frame is a `publish`, and its `id`; undefined where it is none, or cannot be decoded. Nothing of it is looked at that
   * this can be told without, so what is refused whatever it says costs next to nothing.
   */
  peekPublish(bytes: Uint8Array): PublishHead | undefined;

  encodeServer(frame: ServerFrame): WireFrame;
}
