import { OutcryError } from '@outcry/broker';

/** What functions of the schema raise for whoever comes with a lower fence than was seen. */
export const FENCED_STATE = 'OC001';
/** SQLSTATEs that a wait does not mend: no such user, password, database, schema, function or right. */
const CONFIG_STATES = new Set(['28P01', '28000', '3D000', '3F000', '42501', '42883']);

/** A fault of the database as the rest of the service knows faults. */
export function toFault(err: unknown): OutcryError {
  if (err instanceof OutcryError) return err;
  const message = `PostgreSQL: ${err instanceof Error ? firstLineOf(err) : String(err)}`;
  const state = err instanceof Error && 'code' in err ? err.code : undefined;
  if (state === FENCED_STATE) return new OutcryError('fenced', message, { cause: err });
  const isConfig = typeof state === 'string' && CONFIG_STATES.has(state);
  return new OutcryError(isConfig ? 'badConfig' : 'unavailable', message, { cause: err });
}

/** An error of several addresses has no message of its own. */
function firstLineOf(err: Error): string {
  const words = err instanceof AggregateError ? String((err.errors[0] as Error | undefined)?.message) : err.message;
  return words.split('\n')[0] ?? words;
}
