import { type Logger, pino } from 'pino';

export type { Logger };

/**
 * JSON lines on stdout. Messages are short stable phrases; data stands in fields, and never payloads, tokens or URLs with
 * passwords. Errors are reduced to a few fields: those of a Redis client carry a command's arguments.
 */
export function createLogger(options: {
  readonly level: string;
  /** Stand in every line. */
  readonly fields: Readonly<Record<string, string>>;
}): Logger {
  return pino({ level: options.level, base: options.fields, serializers: { err: describeError } });
}

function describeError(err: unknown): unknown {
  if (!(err instanceof Error)) return { message: String(err) };
  const { name, message, stack, cause } = err;
  const code = 'code' in err ? err.code : undefined;
  return { name, code, message, stack, cause: cause === undefined ? undefined : describeError(cause) };
}
