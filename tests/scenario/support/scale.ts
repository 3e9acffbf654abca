import { randomInt } from 'node:crypto';

/** Full size, for hours when nobody waits; otherwise seconds, within `npm test`. `run.ts` sets it for `--long`. */
export const IS_LONG = process.env['OUTCRY_SCENARIO'] === 'long';

/** Everything random in a run follows from this number; a run with the same one cuts the same clients at the same moments. */
export const SEED = Number(process.env['OUTCRY_SCENARIO_SEED'] ?? randomInt(2 ** 31));

/** No test may take longer; those that wait for something have closer deadlines of their own. */
export const TIMEOUT_MS = IS_LONG ? 30 * 60_000 : 90_000;

export function scaled<T>({ short, long }: { readonly short: T; readonly long: T }): T {
  return IS_LONG ? long : short;
}
