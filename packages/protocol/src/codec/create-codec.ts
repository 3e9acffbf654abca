import { Encoding } from '../subprotocol.ts';
import type { Codec } from './codec.ts';
import { JsonCodec } from './json/json-codec.ts';
import { MsgpackCodec } from './msgpack/msgpack-codec.ts';

/** Both codecs. A codec holds no state between frames, so one pair serves every session of a process. */
export function createCodecs(): Readonly<Record<Encoding, Codec>> {
  return { [Encoding.Json]: new JsonCodec(), [Encoding.Msgpack]: new MsgpackCodec() };
}
