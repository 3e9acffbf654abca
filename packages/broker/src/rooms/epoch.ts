import { randomBytes } from 'node:crypto';

export const EPOCH_LENGTH = 8;

/** Drawn at once: every publish brings a candidate, and a call for six bytes costs as much as one for thousands. */
const POOL_BYTES = 3072;

let pool = '';
let used = 0;

/** A name for one run of a room's numbering: 48 random bits in 8 ASCII characters, so that none is ever seen twice. */
export function createEpoch(): string {
  if (used === pool.length) {
    pool = randomBytes(POOL_BYTES).toString('base64url');
    used = 0;
  }
  used += EPOCH_LENGTH;
  return pool.slice(used - EPOCH_LENGTH, used);
}
