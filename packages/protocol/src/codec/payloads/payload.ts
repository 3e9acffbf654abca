import { Unpackr } from 'msgpackr';

import { stringifyPayload } from './stringify-payload.ts';

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

/** Decodes msgpack that was validated when it came in. Binary values come back as `Uint8Array`. */
export function decodePayload(bytes: Uint8Array): unknown {
  return unpackr.unpack(bytes);
}

/** The JSON text of an encoded payload. Binary values, which JSON lacks, become base64 strings. */
export function payloadToJson(bytes: Uint8Array): string {
  return stringifyPayload(decodePayload(bytes));
}
