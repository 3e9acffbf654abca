import {
  checkJsonValue,
  encodeMessageHead,
  encodePayload,
  EXPECTED_IN_PAYLOAD,
  findWideInteger,
  isRoomName,
  placeOf,
  SERVER_USER,
  ValueFault,
} from '@outcry/protocol';

import { type InboundMessage, RefusalReason } from './inbound-message.ts';

const KEY_PATTERN = /^[\x21-\x7e]{1,64}$/;

/** A message that is refused for what it is. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * The frame of a message without its `seq`, as clients are to get it, by the rules of the server API (docs/SERVER-API.md).
 *
 * @throws RefusedError
 */
export function encodeMessage({ room, data, key }: InboundMessage, maxDataBytes: number): Uint8Array {
  if (!isRoomName(room)) throw new RefusedError(RefusalReason.BadRoom, 'expected a room, @all, or @ and a user');
  if (key !== undefined && !KEY_PATTERN.test(key)) {
    throw new RefusedError(RefusalReason.BadKey, 'expected 1 to 64 of printable ASCII without spaces');
  }
  const payload = encodePayload(parse(data));
  if (payload.length > maxDataBytes) {
    const limit = `data may have ${String(maxDataBytes)} bytes (OUTCRY_MAX_FRAME_BYTES)`;
    throw new RefusedError(RefusalReason.DataTooLarge, limit);
  }
  return encodeMessageHead({ room, from: SERVER_USER, at: Date.now(), data: payload });
}

function parse(text: string): unknown {
  const value = parseJson(text);
  const wide = findWideInteger(text);
  if (wide !== undefined) {
    throw new RefusedError(RefusalReason.Malformed, `${placeOf('data', wide)}: ${EXPECTED_IN_PAYLOAD.integer}`);
  }
  try {
    checkJsonValue(value);
  } catch (err) {
    if (!(err instanceof ValueFault)) throw err;
    throw new RefusedError(RefusalReason.Malformed, `${err.placeIn('data')}: ${err.message}`);
  }
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RefusedError(RefusalReason.Malformed, 'data: expected JSON');
  }
}
