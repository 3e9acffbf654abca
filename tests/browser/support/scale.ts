/** The numbers of the field, for when nobody waits; otherwise seconds, within `npm test`. `run-suite.js` sets it for `--long`. */
export const IS_LONG = process.env['OUTCRY_BROWSER'] === 'long';

/** No test may take longer; what it waits for has closer deadlines. */
export const TIMEOUT_MS = IS_LONG ? 15 * 60_000 : 120_000;

/** For one thing that should happen at once, or as soon as a setting says: long for a busy machine. */
export const DEADLINE_MS = 30_000;

export function scaled<T>({ short, long }: { readonly short: T; readonly long: T }): T {
  return IS_LONG ? long : short;
}
