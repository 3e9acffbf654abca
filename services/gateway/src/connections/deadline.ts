import { CLOSE_CODES, type CloseCode } from '@outcry/protocol';

import type { Identity } from '../identity/identity.ts';

/** When a connection is closed unless its client does something about it, and with what. */
export interface Deadline {
  /** Of the monotonic clock, in milliseconds. */
  readonly at: number;
  readonly closeCode: CloseCode;
}

/** When a session ends that is not refreshed; undefined where it never does. */
export function expiryOf({ expiresAt }: Identity, clockToleranceMs: number): Deadline | undefined {
  if (expiresAt === undefined) return undefined;
  const remainingMs = expiresAt + clockToleranceMs - Date.now();
  return { at: performance.now() + remainingMs, closeCode: CLOSE_CODES.tokenExpired };
}
