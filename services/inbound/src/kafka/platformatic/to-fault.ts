import { OutcryError } from '@outcry/broker';

/** What a wait does not mend: rights, passwords, topics that are not there, sessions that brokers do not take. */
const CONFIG_ERRORS: ReadonlySet<unknown> = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_GROUP_ID',
]);
const UNKNOWN_TOPIC = /^Unknown topic /;
/** Errors in errors; none of the client's is deeper. */
const MAX_DEPTH = 8;

/** What the client's errors say beside their words. */
interface Details {
  readonly code?: unknown;
  readonly apiId?: unknown;
  readonly needsRejoin?: unknown;
}

/** A fault of Kafka as the rest of the service knows faults. */
export function toFault(err: unknown): OutcryError {
  if (err instanceof OutcryError) return err;
  const all = errorsIn(err);
  const words = all.map(({ message }) => message.split('\n')[0] ?? '');
  // The first says what was tried, the innermost why it failed.
  const [first = String(err), last = first] = [words[0], words.at(-1)];
  const message = `Kafka: ${first === last ? first : `${first} ${last}`}`;
  return new OutcryError(codeOf(all), message, { cause: err });
}

function codeOf(errors: readonly (Error & Details)[]): 'fenced' | 'badConfig' | 'unavailable' {
  if (errors.some(({ needsRejoin }) => needsRejoin === true)) return 'fenced';
  const isConfig = errors.some(
    ({ message, code, apiId }) =>
      UNKNOWN_TOPIC.test(message) || code === 'PLT_KFK_AUTHENTICATION' || CONFIG_ERRORS.has(apiId),
  );
  return isConfig ? 'badConfig' : 'unavailable';
}

/** An error, and those that it is made of or comes from: only the innermost tell why. */
function errorsIn(err: unknown, depth = 0): readonly (Error & Details)[] {
  if (!(err instanceof Error) || depth > MAX_DEPTH) return [];
  const parts: readonly unknown[] = err instanceof AggregateError ? err.errors : [err.cause];
  return [err, ...parts.flatMap((part) => errorsIn(part, depth + 1))];
}
