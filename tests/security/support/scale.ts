import { randomInt } from 'node:crypto';

/** Full size, for hours when nobody waits; otherwise seconds, within `npm test`. `run-suite.js` sets it for `--long`. */
export const IS_LONG = process.env['OUTCRY_SECURITY'] === 'long';

/** Everything random in a run follows from this number. */
export const SEED = Number(process.env['OUTCRY_SECURITY_SEED'] ?? randomInt(2 ** 31));

export function scaled<T>({ short, long }: { readonly short: T; readonly long: T }): T {
  return IS_LONG ? long : short;
}
