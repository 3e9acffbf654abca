import { type DecodeLimits, DEFAULT_DECODE_LIMITS } from '../decode-limits.ts';
import { Encoding } from '../subprotocol.ts';
import type { Codec } from './codec.ts';
import { JsonCodec } from './json-codec.ts';
import { MsgpackCodec } from './msgpack-codec.ts';

/** Both codecs. A codec holds no state between frames, so one pair serves every session of a process. */
export function createCodecs(limits: DecodeLimits = DEFAULT_DECODE_LIMITS): Readonly<Record<Encoding, Codec>> {
  return { [Encoding.Json]: new JsonCodec(limits), [Encoding.Msgpack]: new MsgpackCodec(limits) };
}
