/** Full size, for minutes when nobody waits; otherwise a second, within `npm test`. `run-suite.js` sets it for `--long`. */
export const IS_LONG = process.env['OUTCRY_IDENTITY'] === 'long';

/** No test may take longer; those that wait for something have closer deadlines of their own. */
export const TIMEOUT_MS = IS_LONG ? 15 * 60_000 : 90_000;
