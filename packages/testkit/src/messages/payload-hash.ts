import { hash } from 'node:crypto';

/** Enough that among a million payloads two of the same hash are a matter of one in five hundred. */
const HASH_BYTES = 6;

/** A number that stands for a payload. Payloads that reach JSON as the same text have the same; it is never 0. */
export function payloadHash(payload: unknown): number {
  const digest = hash('sha1', JSON.stringify(payload), 'buffer');
  return digest.readUIntBE(0, HASH_BYTES) + 1;
}
