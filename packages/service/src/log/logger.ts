import { type Logger, pino } from 'pino';

import type { LogOutput } from './log-output.ts';
import { STANDARD_OUTPUT } from './standard-output.ts';

export type { Logger };

export interface LoggerOptions {
  readonly level: string;
  /** Stand in every line. */
  readonly fields: Readonly<Record<string, string>>;
  readonly output?: LogOutput;
}

/**
 * JSON lines on stdout. Messages are short stable phrases; data stands in fields, and never payloads, tokens or URLs with
 * passwords. Errors are reduced to a few fields: those of a Redis client carry a command's arguments.
 */
export function createLogger({ level, fields, output = STANDARD_OUTPUT }: LoggerOptions): Logger {
  const logger = pino({ level, base: fields, serializers: { err: describeError } }, output);
  output.onGap((dropped) => {
    logger.error({ dropped }, 'log lines dropped');
  });
  return logger;
}

function describeError(err: unknown): unknown {
  if (!(err instanceof Error)) return { message: String(err) };
  const { name, message, stack, cause } = err;
  const code = 'code' in err ? err.code : undefined;
  return { name, code, message, stack, cause: cause === undefined ? undefined : describeError(cause) };
}
