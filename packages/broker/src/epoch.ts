import { randomBytes } from 'node:crypto';

export const EPOCH_LENGTH = 8;

/** A name for one run of a room's numbering: 48 random bits in 8 ASCII characters, so that none is ever seen twice. */
export function createEpoch(): string {
  return randomBytes(6).toString('base64url');
}
