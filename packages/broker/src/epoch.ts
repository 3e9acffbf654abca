import { randomBytes } from 'node:crypto';

export const EPOCH_LENGTH = 8;

const BYTES = 6;
/** Drawn at once: every publish brings a candidate, and a call for six bytes costs as much as one for thousands. */
const POOLED = 512;

let pool = Buffer.alloc(0);
let drawn = 0;

/** A name for one run of a room's numbering: 48 random bits in 8 ASCII characters, so that none is ever seen twice. */
export function createEpoch(): string {
  if (drawn === pool.length) {
    pool = randomBytes(BYTES * POOLED);
    drawn = 0;
  }
  drawn += BYTES;
  return pool.toString('base64url', drawn - BYTES, drawn);
}
