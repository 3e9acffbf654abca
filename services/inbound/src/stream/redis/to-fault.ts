import { OutcryError } from '@outcry/broker';

/** Replies that a wait does not mend: a key of another type, no such user or right. */
const CONFIG_ERRORS = /^(WRONGTYPE|NOAUTH|WRONGPASS|NOPERM)\b/;

/** A fault of the Redis that has the streams, as the rest of the service knows faults. */
export function toFault(err: unknown): OutcryError {
  if (err instanceof OutcryError) return err;
  const what = err instanceof Error ? err.message : String(err);
  const code = what.includes('FENCED') ? 'fenced' : CONFIG_ERRORS.test(what) ? 'badConfig' : 'unavailable';
  return new OutcryError(code, `Redis of the streams: ${what.split('\n')[0] ?? what}`, { cause: err });
}
