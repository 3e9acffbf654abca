import { createLogger, type Logger } from '@outcry/service';
import { pino } from 'pino';
import pretty from 'pino-pretty';

/** For people at a terminal; JSON lines, as in production, for everything else. */
export function createStandaloneLogger(options: { readonly level: string; readonly node?: string }): Logger {
  const { level, node } = options;
  if (!process.stdout.isTTY) {
    return createLogger({ level, fields: { service: 'standalone', ...(node === undefined ? {} : { node }) } });
  }
  return pino({ level, base: {} }, pretty({ colorize: true, translateTime: 'HH:MM:ss', sync: true }));
}
