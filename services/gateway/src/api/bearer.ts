import { createHash } from 'node:crypto';

import type { Operator } from '../operators/operator.ts';
import { ApiError } from './api-error.ts';

/** A key of the server API, as it is set. */
export interface ApiKey {
  readonly key: string;
  /** For the log. */
  readonly name: string | undefined;
  /** Else its bearer looks, and changes nothing. */
  readonly mayAct: boolean;
}

/** Who asks, by the key or the token that came with the request. */
export interface Bearer {
  readonly name: string;
  /** What the provider calls somebody who has signed in, for good; absent with a key. */
  readonly subject?: string | undefined;
  readonly mayAct: boolean;
  /** Until when this is so, in Unix milliseconds: absent where it does not end. */
  readonly expiresAt?: number | undefined;
  /** Why, as whoever asks has said. */
  readonly reason?: string | undefined;
}

/** Of the hash of a key that has no name: enough to tell it from others, and nothing to guess it by. */
const FINGERPRINT_DIGITS = 8;

export function bearerOf({ key, name, mayAct }: ApiKey): Bearer {
  const fingerprint = createHash('sha256').update(key).digest('hex').slice(0, FINGERPRINT_DIGITS);
  return { name: name ?? `sha256:${fingerprint}`, mayAct };
}

/** In the log nobody who signs in can be taken for a key: no key has a colon in its name, but for hashes. */
export function bearerOfOperator({ name, ...operator }: Operator): Bearer {
  return { name: `oidc:${name}`, ...operator };
}

const REASON_CHARACTERS = 200;

/** The header `outcry-reason`, which is percent-encoded because headers are ASCII. @throws ApiError `malformed` */
export function readReason(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  try {
    const reason = decodeURIComponent(String(header));
    // What turns writing around, and what nobody sees, is no part of a line that is read later.
    if (reason.length <= REASON_CHARACTERS) return reason.replaceAll(/\p{C}+/gu, ' ');
  } catch {
    // The same is wrong.
  }
  throw new ApiError(
    'malformed',
    `outcry-reason: expected at most ${String(REASON_CHARACTERS)} characters, percent-encoded`,
  );
}
