import { checkJsonValue, encodePayload, MAX_INFO_BYTES, ValueFault } from '@outcry/protocol';

/** What others are shown of a user: an object. */
export type Info = Readonly<Record<string, unknown>>;

/**
 * In msgpack, as frames hold it.
 *
 * @throws ValueFault where it is past a rule of payloads, or longer than info may be
 */
export function encodeInfo(info: Info): Uint8Array {
  checkJsonValue(info);
  const bytes = encodePayload(info);
  if (bytes.length > MAX_INFO_BYTES) {
    throw new ValueFault(`expected at most ${String(MAX_INFO_BYTES)} bytes as msgpack, got ${String(bytes.length)}`);
  }
  return bytes;
}

/** Info of those claims that there are and that fit, the first named before the others. */
export interface ClaimedInfo {
  /** Undefined where there is none. */
  readonly info: Uint8Array | undefined;
  /** Claims that do not fit, or that no payload may hold. */
  readonly leftOut: number;
}

/** @param claims By name, in the order in which they are wanted; undefined and null are none. */
export function infoOfClaims(claims: Iterable<readonly [name: string, value: unknown]>): ClaimedInfo {
  let taken: Info = {};
  let info: Uint8Array | undefined;
  let leftOut = 0;
  for (const [name, value] of claims) {
    if (value === undefined || value === null) continue;
    try {
      const more = { ...taken, [name]: value };
      info = encodeInfo(more);
      taken = more;
    } catch (err) {
      if (!(err instanceof ValueFault)) throw err;
      leftOut += 1;
    }
  }
  return { info, leftOut };
}
