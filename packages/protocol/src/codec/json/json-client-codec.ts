import type { ClientFrame } from '../../client-frames.ts';
import { ProtocolError } from '../../errors.ts';
import type { ReceivedFrame } from '../../server-frames.ts';
import { Encoding } from '../../subprotocol.ts';
import type { ClientCodec } from '../client-codec.ts';
import { SERVER_FRAMES } from '../frames/frame-table.ts';
import { parseObject } from './parse-object.ts';
import { stringifyPayload } from '../payloads/stringify-payload.ts';

/** A client's half of the text encoding. */
export class JsonClientCodec implements ClientCodec {
  readonly encoding = Encoding.Json;

  encodeClient(frame: ClientFrame<unknown>): string {
    return stringifyPayload(frame);
  }

  decodeServer(input: Uint8Array | string): ReceivedFrame | undefined {
    if (typeof input !== 'string') throw new ProtocolError('a JSON frame must be text');
    const frame = parseObject(input);
    return SERVER_FRAMES.byType.has(String(frame['type'])) ? (frame as unknown as ReceivedFrame) : undefined;
  }
}
