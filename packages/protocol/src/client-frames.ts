import type { CLIENT_SCHEMA, FrameOf } from './schema.ts';

/** A request as the gateway decodes it: the payload stays encoded, as msgpack bytes ready to be relayed. */
export type ClientFrame<P = Uint8Array> = FrameOf<typeof CLIENT_SCHEMA, P, never>;

export type ClientFrameType = ClientFrame['type'];

/** The request of one type. */
export type ClientFrameOf<T extends ClientFrameType> = Extract<ClientFrame, { type: T }>;
