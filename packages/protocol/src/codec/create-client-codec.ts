import { Encoding } from '../subprotocol.ts';
import type { ClientCodec } from './client-codec.ts';
import { JsonClientCodec } from './json/json-client-codec.ts';
import { MsgpackClientCodec } from './msgpack/msgpack-client-codec.ts';

/** A client's half of an encoding. It depends on nothing else, so that a browser has little to load. */
export function createClientCodec(encoding: Encoding): ClientCodec {
  return encoding === Encoding.Json ? new JsonClientCodec() : new MsgpackClientCodec();
}
