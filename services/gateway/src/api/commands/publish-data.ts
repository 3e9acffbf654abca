import { checkJsonValue, encodeMessageHead, encodePayload, SERVER_USER, ValueFault } from '@outcry/protocol';

import { ApiError } from '../api-error.ts';
import type { ApiParts } from '../api-parts.ts';

/** What a message consists of, whichever rooms it goes to. */
export interface ServerMessage {
  readonly data: unknown;
  readonly from?: string | undefined;
  readonly key?: string | undefined;
}

interface PublishedMessage {
  readonly epoch: string;
  readonly seq: number;
  readonly duplicate: boolean;
}

/** The payload as it goes to clients. @throws ApiError `malformed`, `dataTooLarge` */
export function encodeData(data: unknown, maxBytes: number): Uint8Array {
  try {
    checkJsonValue(data);
  } catch (err) {
    if (err instanceof ValueFault) throw new ApiError('malformed', err.message, err.placeIn('data'));
    throw err;
  }
  const payload = encodePayload(data);
  if (payload.length > maxBytes) {
    throw new ApiError('dataTooLarge', `data may have ${String(maxBytes)} bytes (OUTCRY_MAX_FRAME_BYTES)`, 'data');
  }
  return payload;
}

/** Publishes an encoded payload to one room. The server needs no right and no membership for it. */
export async function publishData(
  { broker, rules, follow }: ApiParts,
  room: string,
  { data, from = SERVER_USER, key }: ServerMessage & { readonly data: Uint8Array },
): Promise<PublishedMessage> {
  const trace = follow?.(room);
  const request = {
    room,
    head: encodeMessageHead({ room, from, at: Date.now(), data }),
    origin: '',
    trace: trace?.send(),
    retention: rules.of(room).retention,
    idempotency: key === undefined ? undefined : { sender: SERVER_USER, key },
  };
  try {
    const published = await broker.publish(request);
    trace?.end(published);
    return { ...published.position, duplicate: published.isDuplicate };
  } catch (err) {
    trace?.fail(err);
    throw err;
  }
}
