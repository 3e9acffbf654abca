import { readFileSync } from 'node:fs';

import { ConfigError } from '@outcry/config';

import { type KeySet, KeySetError, KeySetOwner, readKeySet } from './key-set.ts';

/**
 * Reads the operator's own keys, a JSON Web Key Set (RFC 7517).
 *
 * @throws ConfigError with every problem of the file at once, and no key material
 */
export function readKeysFile(path: string): KeySet {
  try {
    return readKeySet(parse(path), KeySetOwner.Operator);
  } catch (err) {
    if (!(err instanceof KeySetError)) throw err;
    throw new ConfigError(err.problems.map((problem) => `OUTCRY_AUTH_KEYS_FILE: ${problem}`));
  }
}

/** @throws KeySetError where there is no JSON to be read */
function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    // The parser's own message quotes the text, which is secret.
    throw new KeySetError([`${path} ${cause instanceof SyntaxError ? 'is not JSON' : 'cannot be read'}`]);
  }
}
