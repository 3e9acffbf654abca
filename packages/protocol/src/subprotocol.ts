/** The wire encodings. Text frames carry JSON, binary frames carry msgpack; a session never mixes them. */
export const Encoding = { Json: 'json', Msgpack: 'msgpack' } as const;
export type Encoding = (typeof Encoding)[keyof typeof Encoding];

/** The subprotocol names of protocol version 1 (RFC 6455 §1.9). */
export const SUBPROTOCOLS = {
  [Encoding.Json]: 'outcry.v1.json',
  [Encoding.Msgpack]: 'outcry.v1.msgpack',
} as const satisfies Record<Encoding, string>;

/** An offered subprotocol with this prefix carries a token; it is never chosen, so never reflected in the response. */
export const BEARER_PREFIX = 'bearer.';

/** Offered by a client that can move to another connection while this one lasts; never chosen, as a token is not. */
export const CAN_MOVE = 'outcry.move';

/** The encoding of the first offered subprotocol that is known. */
export function chooseEncoding(offered: readonly string[]): Encoding | undefined {
  for (const name of offered) {
    if (name === SUBPROTOCOLS.json) return Encoding.Json;
    if (name === SUBPROTOCOLS.msgpack) return Encoding.Msgpack;
  }
  return undefined;
}
