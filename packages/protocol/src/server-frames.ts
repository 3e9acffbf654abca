import type { BookSide, WireLevels } from './levels.ts';
import type { FrameOf, SERVER_SCHEMA } from './schema.ts';

/** A frame as the gateway encodes it: payloads are msgpack bytes, book sides are scaled integers. */
export type ServerFrame = FrameOf<typeof SERVER_SCHEMA, Uint8Array, BookSide>;

/** A frame as a client decodes it: payloads are plain values, book sides are as on the wire of the encoding. */
export type ReceivedFrame = FrameOf<typeof SERVER_SCHEMA, unknown, WireLevels>;

export type ServerFrameType = ServerFrame['type'];
