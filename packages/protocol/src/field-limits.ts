export const MAX_ID_BYTES = 64;
export const MAX_TOKEN_BYTES = 4096;
/** Symbols that one request may name. */
export const MAX_SYMBOLS = 100;
/** What is known of a user, in msgpack. */
export const MAX_INFO_BYTES = 1024;
/** An idempotency key: printable ASCII without spaces, so that it can stand in a broker's name as it is. */
/** Four times what version 00 has: later versions may say more, and whoever cannot read them reads what they begin with. */
export const MAX_TRACE_BYTES = 256;

export const KEY_PATTERN = /^[\x21-\x7e]{1,64}$/;
/** A signal's name. */
export const NAME_PATTERN = /^[a-z][a-zA-Z0-9._-]{0,31}$/;
