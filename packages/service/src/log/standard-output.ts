import { LogOutput } from './log-output.ts';

/**
 * Where services log. Node writes to a pipe without waiting for its reader; pino's own destination would wait, and a service
 * whose log nobody reads would stand still (pino 10.4.0).
 */
export const STANDARD_OUTPUT = new LogOutput(process.stdout);
