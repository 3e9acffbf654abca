/** Bounds on what a client may send inside one frame. Whatever breaks one is refused before anything is allocated for it. */
export interface DecodeLimits {
  /** Nesting of arrays and maps inside a payload; a scalar has depth 0. */
  readonly maxDepth: number;
  readonly maxArrayLength: number;
  readonly maxMapLength: number;
  /** UTF-8 bytes of one string, keys included. */
  readonly maxStringBytes: number;
  /** Bytes of one binary value. */
  readonly maxBinaryBytes: number;
}

export const DEFAULT_DECODE_LIMITS: DecodeLimits = {
  maxDepth: 8,
  maxArrayLength: 256,
  maxMapLength: 64,
  maxStringBytes: 4096,
  maxBinaryBytes: 16_384,
};

/** Keys that would reach an object's prototype in a careless receiver. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export const MAX_ID_BYTES = 64;
export const MAX_TOKEN_BYTES = 4096;
/** Symbols that one request may name. */
export const MAX_SYMBOLS = 100;
/** An idempotency key: printable ASCII without spaces, so that it can stand in a broker's name as it is. */
export const KEY_PATTERN = /^[\x21-\x7e]{1,64}$/;
/** A signal's name. */
export const NAME_PATTERN = /^[a-z][a-zA-Z0-9._-]{0,31}$/;
