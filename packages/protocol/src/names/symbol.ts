import { isNameText, MAX_NAME_BYTES } from './name-text.ts';

const SYMBOL = /^[\p{L}\p{N}@#][\p{L}\p{M}\p{N}._:/@#&+-]*$/u;

/** What a symbol is, for those who gave another name. */
export const SYMBOL_RULE = `letters and digits of any script and ._:/@#&+- (${String(MAX_NAME_BYTES)} bytes at most, in NFC, starting with a letter, a digit, @ or #)`;

/**
 * Whether a book can be called that: the one rule for publishers, gateways and clients. Names of venues are kept as they
 * are, small letters and other scripts included; `BTCUSDT` and `btcusdt` are two symbols.
 */
export function isSymbol(text: string): boolean {
  return SYMBOL.test(text) && isNameText(text);
}
